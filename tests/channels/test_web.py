"""The city's own form as messages: pure, no town."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.channels import bounds
from chalicelib.channels.contacts import read_email, read_name, read_phone
from chalicelib.channels.files.uploads import read_uploads, safe_filename, sniff
from chalicelib.channels.questions import read_answers, read_number, read_place
from chalicelib.channels.web import Desk, clean_text, holder_token, parse_addition, parse_report
from chalicelib.errors import InvalidRequest
from chalicelib.messages import Channel, Proof
from chalicelib.tickets.catalog import Attribute, AttributeValue, Service

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DESK = Desk(
    now=NOW, locale="en", jurisdiction_id="city.example", own_addresses=("Help@City.example",)
)
GOOD = {
    "submission": ["abc"],
    "description": ["Paint"],
    "address": ["Elm Street 5"],
    "contact": ["email"],
    "email": ["ana@example.org"],
}


@dataclass
class File:
    filename: str
    content: bytes


def question(code: str, datatype: str, **given: Any) -> Attribute:
    return Attribute(
        code=code, datatype=datatype, description={"en": code}, **{"order": 1, **given}
    )


CHOICES = tuple(AttributeValue(key=key, name={"en": key}) for key in ("a", "b"))


def service(*questions: Attribute, needs_location: bool = True) -> Service:
    return Service(
        service_code="graffiti",
        service_name={"en": "Graffiti"},
        agency_code="parks",
        attributes=questions,
        needs_location=needs_location,
    )


def wrong(fields: dict[str, list[str]], *questions: Attribute) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as caught:
        parse_report(fields, (), service(*questions), DESK)
    return caught.value.fields


def test_filled_in_form_becomes_a_message() -> None:
    message = parse_report(GOOD, (), service(), DESK)
    assert message.channel is Channel.WEB
    assert message.sender.email == "ana@example.org"
    assert message.preferred_channel is Channel.EMAIL
    assert message.proof is Proof.UNPROVEN


def _identity(**given: list[str]) -> tuple[str, str]:
    message = parse_report({**GOOD, **given}, (), service(), DESK)
    return message.message_id, message.content_digest


def test_a_submission_keeps_its_id_and_other_words_have_another_digest() -> None:
    first = _identity()
    assert _identity(form_token=["x"]) == first
    other = _identity(address=["Oak"])
    assert other[0] == first[0]
    assert other[1] != first[1]


def test_the_same_words_under_two_keys_are_two_contents() -> None:
    assert _identity()[1] != _identity(submission=["abd"])[1]


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_two_long_keys_that_begin_alike_are_never_one(beyond: int) -> None:
    key = "k" * (bounds.SUBMISSION + beyond)
    assert _identity(submission=[key + "a"])[0] != _identity(submission=[key + "b"])[0]
    assert (_identity(submission=[key])[0] == key) is (beyond <= 0)
    assert len(_identity(submission=[key])[0]) <= bounds.SUBMISSION


def test_keys_of_other_letters_are_not_taken_for_each_other() -> None:
    assert _identity(submission=["a.b"])[0] != _identity(submission=["ab"])[0]


def test_place_is_needed_only_where_the_service_needs_one() -> None:
    fields = {name: values for name, values in GOOD.items() if name != "address"}
    assert wrong(fields) == {"address": "place_required"}
    assert parse_report(fields, (), service(needs_location=False), DESK)
    assert parse_report({**fields, "lat": ["1"], "long": ["2"]}, (), service(), DESK).lat == 1


def test_choice_of_contact_must_come_with_the_address() -> None:
    assert wrong({**GOOD, "contact": ["sms"]}) == {"phone": "required"}
    assert wrong({**GOOD, "email": [""]}) == {"email": "required"}
    assert wrong({**GOOD, "contact": [""], "email": [""]}) == {"contact": "choose_contact"}


def test_bare_button_on_the_tracking_page_says_its_words() -> None:
    token = holder_token("SR-0", "email:ana@example.org")
    message = parse_addition({"text": [""]}, (), token, DESK, default_words="Not fixed.")
    assert (message.text, message.token) == ("Not fixed.", token)
    with pytest.raises(InvalidRequest):
        parse_addition({"text": [" \r\n "]}, (), token, DESK)


@given(st.text(max_size=300))
def test_names_never_hold_a_line_break(text: str) -> None:
    name, problem = read_name(text)
    assert problem or len(name.splitlines()) <= 1


@given(st.text(max_size=100))
def test_addresses_are_one_address_or_refused(text: str) -> None:
    address, _ = read_email(text)
    assert address is None or (address.count("@") == 1 and address.isascii() and " " not in address)


@pytest.mark.parametrize(
    ("text", "address", "problem"),
    [
        ("", None, ""),
        (" Ana@Example.org ", "Ana@example.org", ""),
        ("ana@bücher.de", "ana@xn--bcher-kva.de", ""),
        ("a@x.org,b@y.org", None, "not_an_address"),
        ('"q"@x.org', None, "not_an_address"),
        ("a@[127.0.0.1]", None, "not_an_address"),
        ("a@localhost", None, "not_an_address"),
        ("x" * 65 + "@x.org", None, "not_an_address"),
        ("a@x.org\r\nBcc: b@y.org", None, "line_break"),
        ("help+tag@city.example", None, "our_own_address"),
    ],
)
def test_email_addresses(text: str, address: str | None, problem: str) -> None:
    assert read_email(text, DESK.own_addresses) == (address, problem)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(202) 555-0123", "+12025550123"),
        ("+44 7700 900123", "+447700900123"),
        ("۰۰۹۸", None),
        ("+۹۸ ۹۱۲ ۳۴۵ ۶۷۸۹", "+989123456789"),
        ("911", None),
        ("call me", None),
    ],
)
def test_telephone_numbers(text: str, number: str | None) -> None:
    assert read_phone(text, "US")[0] == number


@pytest.mark.parametrize(
    "text",
    [
        "+17005550123",
        "+17105550123",
        "+14565550123",
        "+19765550123",
        "(212)9765550",
        "+19005550123",
        "+15005550123",
        "+80812345678",
        "+870773123456",
        "+8816315550123",
        "+88213300000",
        "+88312345678",
        "+979123456789",
        "+447012345678",
        "+449012345678",
    ],
)
def test_numbers_that_somebody_earns_from_are_never_texted(text: str) -> None:  # L11
    assert read_phone(text, "US") == (None, "costly_number")


@pytest.mark.parametrize(
    "text", ["+12127975550", "+18085550123", "+17025550123", "+989121234567", "+8613912345678"]
)
def test_numbers_beside_costly_ranges_are_numbers_like_any(text: str) -> None:  # L11
    assert read_phone(text, "US") == (text, "")


@pytest.mark.parametrize(
    ("datatype", "given_", "problem"),
    [
        ("string", ["one line"], ""),
        ("string", ["two\nlines"], "line_break"),
        ("text", ["two\nlines"], ""),
        ("number", ["12.5"], ""),
        ("number", ["-٣٫٥"], ""),
        ("number", ["1e9"], "not_a_number"),
        ("number", ["nan"], "not_a_number"),
        ("datetime", ["2026-03-02T09:00:00Z"], ""),
        ("datetime", ["yesterday"], "not_a_date"),
        ("singlevaluelist", ["a"], ""),
        ("singlevaluelist", ["c"], "not_listed"),
        ("singlevaluelist", ["a", "b"], "one_value"),
        ("multivaluelist", ["a", "b", "a"], ""),
        ("multivaluelist", ["a", "c"], "not_listed"),
    ],
)
def test_answers_fit_their_datatype(datatype: str, given_: list[str], problem: str) -> None:
    result = read_answers([question("q", datatype, values=CHOICES)], {"q": given_})
    assert result.problems.get("q", "") == problem
    assert ("q" in result.values) == (not problem)


def test_empty_answer_is_none_and_unknown_ones_are_named() -> None:
    asked = [question("q", "string", is_required=True), question("info", "text", is_question=False)]
    result = read_answers(asked, {"q": [" "], "info": ["x"], "zz": ["y"]})
    assert result.problems == {"q": "required"}
    assert result.unknown == ("info", "zz")


@pytest.mark.parametrize(
    ("lat", "long", "problems"),
    [
        ("", "", {}),
        ("1", "", {"long": "half_a_place"}),
        ("", "1", {"lat": "half_a_place"}),
        ("90.01", "0", {"lat": "not_on_earth"}),
        ("0", "0.0", {"lat": "no_position"}),
        ("-89.9", "180", {}),
        ("inf", "x", {"lat": "not_on_earth", "long": "not_on_earth"}),
    ],
)
def test_positions(lat: str, long: str, problems: dict[str, str]) -> None:
    assert read_place(lat, long)[2] == problems


@given(st.text(max_size=20))
def test_numbers_are_finite_or_none(text: str) -> None:
    number = read_number(text)
    assert number is None or abs(number) < 1e16


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../x", "x.png"),
        ("C:\\fakepath\\a.jpg", "a.png"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.png"),
        ("\u202efdp.exe", "fdp.png"),
        ("x" * 300, "x" * 80 + ".png"),
        ("\x00", "file.png"),
        (".hidden", "hidden.png"),
        ("a.pdf.exe", "a.pdf.png"),
        ("tail. ", "tail.png"),
    ],
)
def test_file_names_are_harmless(name: str, shown: str) -> None:
    assert safe_filename(name, ".png") == shown


@pytest.mark.parametrize(
    "content", [b"", b"<svg onload=alert(1)>", b"<!doctype html>", b"MZ\x90", b"PK\x03\x04"]
)
def test_only_pictures_and_papers_are_taken(content: bytes) -> None:
    assert sniff(content) == ""


def test_uploads_are_limited_and_typed_by_their_bytes() -> None:
    picture = File("a.html", b"\x89PNG\r\n\x1a\n...")
    taken, problem = read_uploads([picture])
    assert (taken[0].content_type, taken[0].filename, problem) == ("image/png", "a.png", "")
    assert read_uploads([picture] * 6)[1] == "too_many_files:5"
    assert read_uploads([picture, File("b.png", b"<html>")])[1] == "not_a_photo"
    assert read_uploads([File("", b"")]) == ((), "")


def test_text_keeps_every_script_and_loses_control_characters() -> None:
    assert clean_text(" a\r\nb\x00\x0b c\u200cd 🕳 ") == "a\nb c\u200cd 🕳"
