"""GeoReport v2 without a town: queries, posts, documents, places."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.channels.open311 import (
    Refused,
    parse_post,
    parse_query,
    read_moment,
    render,
    show_moment,
    split_format,
)
from chalicelib.channels.open311.posts import PostContext, is_public_url
from tests.channels.test_web import CHOICES, question, service

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAMES = (
    "service_request_id service_code start_date end_date status updated_after updated_before "
    "page page_size bbox lat long radius cursor extensions"
)
words = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["0", "-1", "1e400", "nan", "٣", "2026-03-01T00:00:00Z", "open", "1,2,3,4"]),
)


@given(st.dictionaries(st.sampled_from(NAMES.split(" ")), st.lists(words, max_size=3), max_size=6))
def test_any_query_is_read_within_bounds_or_refused(arguments: dict[str, list[str]]) -> None:
    try:
        query = parse_query(arguments, NOW)
    except Refused as error:
        assert error.problems
        assert error.status in (400, 404)
        return
    assert 1 <= query.size <= 1_000
    assert query.page >= 1
    assert query.request_ids or query.start <= query.end


@given(
    st.dictionaries(
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(["lat", "long", "description", "email", "attribute[q]", "media_url"]),
        ),
        st.lists(words, max_size=3),
        max_size=8,
    )
)
def test_any_post_becomes_a_message_or_is_refused(fields: dict[str, list[str]]) -> None:
    context = PostContext(now=NOW, locale="en", jurisdiction_id="city.example", client="app")
    asked = question("q", "multivaluelist", values=CHOICES)
    try:
        message = parse_post(fields, (), service(asked), context)
    except Refused as error:
        assert error.problems
        return
    assert message.address or message.lat is not None


def test_window_is_ninety_days_and_one_end_fixes_the_other() -> None:
    day = "2026-01-10T00:00:00Z"
    moment = datetime(2026, 1, 10, tzinfo=UTC)
    span = timedelta(days=90)
    assert (parse_query({}, NOW).start, parse_query({}, NOW).end) == (NOW - span, NOW)
    only_start = parse_query({"start_date": [day]}, NOW)
    assert (only_start.start, only_start.end) == (moment, moment + span)
    only_end = parse_query({"end_date": [day]}, NOW)
    assert (only_end.start, only_end.end) == (moment - span, moment)


def test_lists_come_by_comma_and_by_repetition() -> None:
    query = parse_query({"service_code": ["a,b", "c", ",a"]}, NOW)
    assert query.service_codes == ("a", "b", "c")
    assert parse_query({"status": ["open", "closed"]}, NOW).is_open is None
    assert parse_query({"status": ["CLOSED"]}, NOW).is_open is False


def test_default_volume_is_a_thousand_and_a_page_a_hundred() -> None:
    assert parse_query({}, NOW).size == 1_000
    assert parse_query({"page": ["2"]}, NOW).size == 100


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T09:00:00Z", NOW),
        ("2026-03-02T12:30:00+03:30", NOW),
        ("2026-03-02T12:30:00 03:30", NOW),
        ("2026-03-02T09:00Z", NOW),
        ("2026-03-02T09:00:00", None),
        ("2026-03-02", None),
        ("2026-13-02T09:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
    ],
)
def test_moments(text: str, moment: datetime | None) -> None:
    assert read_moment(text) == moment


def test_moments_are_written_in_utc_with_seconds() -> None:
    assert show_moment(NOW) == "2026-03-02T09:00:00Z"
    assert show_moment(None) is None


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("services.json", ("services", "json")),
        ("a.b.xml", ("a.b", "xml")),
        ("a.b", ("a.b", "")),
        (".json", ("", "json")),
        ("json", ("json", "")),
    ],
)
def test_last_dot_decides_the_format(name: str, parts: tuple[str, str]) -> None:
    assert split_format(name) == parts


@given(st.text())
def test_every_text_is_well_formed_in_both_formats(text: str) -> None:
    data = [{"code": text, "description": None}]
    if text.isprintable():
        assert json.loads(render("json", "errors", data)) == data
    try:
        document = render("xml", "errors", data).encode()
    except UnicodeEncodeError:
        pytest.fail("a lone surrogate reached the document")
    ET.fromstring(document)


def test_empty_and_single_containers_stay_containers() -> None:
    assert render("xml", "services", []).endswith("<services/>")
    one = render("xml", "services", [{"service_code": "a", "metadata": True, "group": None}])
    assert one.endswith(
        "<services><service><service_code>a</service_code><metadata>true</metadata>"
        "<group/></service></services>"
    )
    assert render("json", "services", []) == "[]"


@pytest.mark.parametrize(
    ("url", "is_public"),
    [
        ("https://photos.example.org/1.png", True),
        ("http://8.8.8.8/x", True),
        ("http://169.254.169.254/latest/meta-data/", False),
        ("http://[::ffff:169.254.169.254]/", False),
        ("http://[::1]/", False),
        ("http://10.0.0.1/", False),
        ("http://2130706433/", False),
        ("http://0x7f.1/", False),
        ("http://localhost/", False),
        ("http://db.internal/", False),
        ("http://user:pass@photos.example.org/", False),
        ("file:///etc/passwd", False),
        ("javascript:alert(1)", False),
        ("http://[bad/", False),
        ("//photos.example.org/1.png", False),
        ("https://photos.example.org/" + "x" * 2000, False),
    ],
)
def test_media_links_lead_outside(url: str, is_public: bool) -> None:
    assert is_public_url(url) == is_public
