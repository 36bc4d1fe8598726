"""The furniture of the HTTP doors: bodies, languages, addresses, the words of every page."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.channels import bounds
from chalicelib.errors import ConfigurationError, InvalidMessage, InvalidRequest
from chalicelib.handlers.http import PUBLIC_ROUTES, Call, api
from chalicelib.handlers.http.bodies import read_form, read_json
from chalicelib.handlers.http.calls import pick_locale
from chalicelib.templates.pages import LANGUAGES, render_page, translator
from infra.local.gateway import Request
from tests.handlers.visitor import PNG, multipart
from tests.harness import Harness

PAGES = Path(__file__).parents[3] / "chalicelib" / "templates" / "pages"
MULTIPART = "multipart/form-data; boundary=edge"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nope",
        b"[]",
        b'"text"',
        b"[" * 100_000,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_not_one_sound_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        read_json(body)


def test_sound_json_is_read() -> None:
    assert read_json('{"a": ["ب", 1, 2.5, null, true]}'.encode()) == {
        "a": ["ب", 1, 2.5, None, True]
    }


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    with contextlib.suppress(InvalidMessage):
        assert isinstance(read_json(body), dict)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("text/plain", b"a=b"),
        ("application/x-www-form-urlencoded", b"a=%ff"),
        ("application/x-www-form-urlencoded", b"a&" * 500),
        (MULTIPART, b"--edge\r\nContent-Disposition: form-data; name=a\r\n\r\nhalf"),
        (MULTIPART, b"nothing"),
        ("multipart/form-data", b""),
        (
            MULTIPART,
            b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--edge--\r\n',
        ),
    ],
)
def test_what_is_no_form_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        read_form(content_type, body)


def test_large_bodies_are_refused_with_the_limit() -> None:
    for short in (1, 0):
        read_form("application/x-www-form-urlencoded", b"a" * (bounds.REQUEST_BYTES - short))
    with pytest.raises(InvalidRequest, match="4 MB"):
        read_form("application/x-www-form-urlencoded", b"a" * (bounds.REQUEST_BYTES + 1))
    with pytest.raises(InvalidRequest, match="4 MB"):
        read_json(b'{"name": "' + b"a" * bounds.REQUEST_BYTES + b'"}')


def test_many_files_are_refused_with_the_limit() -> None:
    kind, body = multipart(
        {}, {f"photos:{number}.png": PNG for number in range(bounds.REQUEST_FILES)}
    )
    assert len(read_form(kind, body).files["photos"]) == bounds.REQUEST_FILES
    kind, body = multipart(
        {}, {f"photos:{number}.png": PNG for number in range(bounds.REQUEST_FILES + 1)}
    )
    with pytest.raises(InvalidRequest, match=f"At most {bounds.REQUEST_FILES} files"):
        read_form(kind, body)


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_many_fields_and_deep_bodies_are_refused_with_the_limit(beyond: int) -> None:
    fields = b"&".join([b"a=1"] * (bounds.REQUEST_FIELDS + beyond))
    levels = bounds.JSON_DEPTH + beyond
    deep = b'{"a":' * levels + b"1" + b"}" * levels
    reads = [
        lambda: read_form("application/x-www-form-urlencoded", fields),
        lambda: read_json(deep),
    ]
    for read in reads:
        if beyond <= 0:
            assert read()
        else:
            with pytest.raises((InvalidMessage, InvalidRequest), match=r"more than|at most"):
                read()


def test_repeated_and_empty_fields_are_kept() -> None:
    form = read_form("application/x-www-form-urlencoded; charset=utf-8", b"a=1&a=2&b=")
    assert (form.all("a"), form.get("a"), form.get("b"), form.get("c")) == (["1", "2"], "2", "", "")


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", ""),
        ("fr", ""),
        ("fr, es-MX;q=0.5, en;q=0.4", "es"),
        ("en;q=0.1, fa", "fa"),
        ("zh-Hans-CN", "zh"),
        ("en;q=x, es;q=0.2", "es"),
        ("," * 10_000, ""),
    ],
)
def test_browsers_language(header: str, locale: str) -> None:
    assert pick_locale(header) == locale


@pytest.mark.parametrize(
    ("path", "route", "base"),
    [
        ("/", "/", ""),
        ("/report", "/report", ""),
        ("/live/", "/", "/live"),
        ("/live/report", "/report", "/live"),
        ("/live/t/SR-1/k.s/files/d", "/t/{ticket_id}/{secret}/files/{digest}", "/live"),
        ("/a/b/open311/v2/x.json", "/open311/v2/{resource}", "/a/b"),
    ],
)
def test_what_stands_before_our_paths_is_found(path: str, route: str, base: str) -> None:
    from chalicelib.handlers.http.calls import _base

    assert _base(path, route) == base


def test_own_origin_is_told_from_others() -> None:
    call = Call("POST", "/report", headers={"host": "city.example", "x-forwarded-proto": "https"})
    assert call.is_from("", "https://city.example")
    assert call.is_from("https://www.city.example/live", "https://www.city.example")
    assert not call.is_from("", "https://evil.example")
    assert not call.is_from("", "https://city.example.evil.example")
    assert not call.is_from("", "")


def test_route_that_is_neither_public_nor_guarded_does_not_start() -> None:
    from chalice.app import Blueprint

    blueprint = Blueprint("trial")
    for options in ({}, {"public": True, "admit": lambda call: call}):
        with pytest.raises(ConfigurationError):
            api(blueprint, "/", **options)(lambda call: None)
    with pytest.raises(ConfigurationError):
        api(blueprint, "/unlisted", public=True)(lambda call: None)


def test_every_public_route_is_served(town: Harness) -> None:
    from app import app  # not before the town has set the names that it reads

    assert set(app.routes) >= PUBLIC_ROUTES


# -- words -----------------------------------------------------------------------------------------


def catalogue(name: str) -> dict[str, object]:
    return json.loads((PAGES / "messages" / name).read_text("utf-8"))


WORDS = [(area, locale) for area in ("", "open311.") for locale in LANGUAGES] + [("console.", "fa")]


@pytest.mark.parametrize(("area", "locale"), WORDS)
def test_no_language_lacks_words(area: str, locale: str) -> None:
    english, other = catalogue(f"{area}en.json"), catalogue(f"{area}{locale}.json")
    assert set(english) - set(other) == set()
    assert set(other) - set(english) == set()
    assert [key for key, text in other.items() if not text] == []


@pytest.mark.parametrize(("area", "locale"), WORDS)
def test_every_language_fills_in_the_same_blanks(area: str, locale: str) -> None:
    english, other = catalogue(f"{area}en.json"), catalogue(f"{area}{locale}.json")
    for key, text in english.items():
        assert blanks(other[key]) == blanks(text), key


def blanks(text: object) -> set[str]:
    forms = text.values() if isinstance(text, dict) else [text]
    return {name for form in forms for name in re.findall(r"{(\w+)}", str(form))}


def test_every_word_that_a_page_asks_for_is_there() -> None:
    known = set(catalogue("en.json"))
    for page in [*PAGES.glob("*.html"), *PAGES.glob("citizen/*.html")]:
        asked = set(re.findall(r"""\bt\(["']([\w.]+)["'][,)]""", page.read_text("utf-8")))
        assert asked - known == set(), page.name


def test_plurals_and_digits_follow_the_language() -> None:
    assert translator("en")("form.problems", count=1) == "Please check one answer"
    assert translator("en")("form.problems", count=3) == "Please check 3 answers"
    assert "۳" in translator("fa")("form.problems", count=3)


def test_words_of_citizens_are_escaped_and_kept_apart_in_persian() -> None:
    text = translator("fa")("entry.replied", agency="<b>Roads</b>")
    assert "<b>" not in text
    assert "\u2068&lt;b&gt;Roads&lt;/b&gt;\u2069" in text


def test_page_with_a_missing_name_is_an_error() -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        render_page("citizen/home", "en", {"city_name": "X"})


@pytest.mark.parametrize("locale", list(LANGUAGES))
def test_pages_say_their_direction(locale: str) -> None:
    text = render_page("citizen/home", locale, {"services": [], "city_name": "{{7*7}}"})
    assert f'<html lang="{locale}" dir="{"rtl" if locale == "fa" else "ltr"}">' in text
    assert "{{7*7}}" in text


# -- through the app -------------------------------------------------------------------------------


def test_wrong_setting_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    from chalicelib.handlers.http.failures import failure_of

    error = ConfigurationError(
        "Missing settings: TABLE_NAME. Set them in the settings file of the stage."
    )
    failure = failure_of(error, Call("GET", "/", request_id="r-1"))
    assert (failure.status, "TABLE_NAME" in failure.message) == (500, False)
    assert "TABLE_NAME" in caplog.records[0].setting  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot(public_url="") as booted:
        yield booted


def at_stage(town: Harness, path: str, base: str) -> str:
    """A page as the app makes it behind a gateway that puts `base` before its paths."""
    gateway = town._town.gateway
    request = Request("GET", path, [("Host", "api.example"), ("X-Forwarded-Proto", "https")])
    event = gateway._event(request)
    event["requestContext"]["path"] = base + event["path"]
    body = gateway._app(event, None)["body"]
    assert isinstance(body, str)
    return body


@pytest.mark.parametrize(
    "path", ["/", "/report", "/report?service=pothole", "/track", "/my", "/t/x/y"]
)
def test_every_address_on_a_page_keeps_the_stage(town: Harness, path: str) -> None:
    body = at_stage(town, path, "/live")
    body = re.sub(r'<link rel="(?:canonical|alternate)"[^>]*>', "", body)  # whole, by the setting
    addresses = re.findall(
        r'(?:href|src|action|data-(?:uploads|nearby|script|tiles))="([^"]+)"', body
    )
    assert addresses
    assert [each for each in addresses if not each.startswith(("/live/", "#"))] == []


def test_discovery_names_the_stage(town: Harness) -> None:
    record = json.loads(at_stage(town, "/open311/discovery.json", "/live"))
    assert record["endpoints"][0]["url"] == "https://api.example/live/open311/v2"


def test_cookies_are_kept_from_scripts_other_sites_and_plain_lines(town: Harness) -> None:
    plain = town.http("GET", "/report?service=pothole", headers={"Cookie": "x=y"})
    secure = town.http(
        "GET",
        "/report?service=pothole&lang=es",
        headers={"Cookie": "x=y", "X-Forwarded-Proto": "https"},
    )
    for answer in (plain, secure):
        for cookie in answer.headers.get_all("Set-Cookie"):
            assert "HttpOnly" in cookie
            assert "SameSite=Lax" in cookie
            assert ("Secure" in cookie) == (answer is secure)
    assert len(secure.headers.get_all("Set-Cookie")) == 2


@pytest.mark.parametrize("path", ["/", "/report", "/static/site.css", "/open311/v2/services.json"])
def test_head_is_get_without_a_body(town: Harness, path: str) -> None:
    head, get = town.http("HEAD", path), town.http("GET", path)
    assert (head.status, head.body) == (get.status, b"")
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
