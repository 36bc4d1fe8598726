"""What other products export comes in with its dates, voices, files and references, and silently."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.bootstrap import Services
from chalicelib.messages import Channel
from chalicelib.tickets.model.records import Casefile
from chalicelib.tickets.model.references import former_name, ticket_id_for
from chalicelib.tickets.model.ticket import Priority, Status, Visibility
from infra import convert
from infra.moving.folder import MovingError
from tests.moving.cities import ARRIVAL, all_items, move_in

SAMPLES = Path(__file__).parent / "samples"
MAPPING = {
    "services": {
        "Roads": "pothole",
        "Potholes": "pothole",
        "street lights": "streetlight",
        "Street lighting": "streetlight",
    },
    "agencies": {"Roads": "public-works"},
    "staff": {"cleo@city.example": "clerk@city.example"},
}


def converted(product: str, source: Path, folder: Path, *more: str) -> int:
    """Convert as the operator would, with the mapping above."""
    (folder / "map.json").write_text(json.dumps(MAPPING))
    given = [product, str(source), str(folder / "out"), "--map", str(folder / "map.json")]
    return convert.main([*given, "--name", "old", *more])


def read(there: Services, product: str, reference: str) -> Casefile:
    """The ticket that a former reference became; it must be found by that reference, too."""
    ticket_id = ticket_id_for(f"{product}:old:{reference}")
    assert there.store.ticket_of_provider_message([former_name(reference)]) == ticket_id
    return there.store.read(ticket_id)


def said(casefile: Casefile) -> list[tuple[str, str, str, str]]:
    return [
        (entry.kind, entry.actor.kind, f"{entry.at:%d %H:%M}", entry.text)
        for entry in casefile.entries
    ]


@pytest.fixture(scope="module")
def zammad(clients: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A city into which the sample of Zammad came."""
    from tests.moving.cities import make_city

    city, folder = make_city(clients), tmp_path_factory.mktemp("zammad")
    assert converted("zammad", SAMPLES / "zammad", folder) == 0
    move_in(city, folder / "out")
    return city


def test_zammad_s_articles_are_the_timeline_with_voices_and_dates(zammad: Services) -> None:
    found = read(zammad, "zammad", "67001")
    assert said(found) == [
        ("opened", "requester", "01 08:15", "There is a hole."),
        ("replied", "staff", "01 09:00", "We will fill it.\nCleo"),
        ("noted", "staff", "02 09:00", "Crew 4 has it."),
        ("status_changed", "staff", "04 10:00", ""),
        ("status_changed", "staff", "04 10:00", ""),
    ]
    assert found.entries[2].visibility is Visibility.STAFF
    assert found.entries[1].actor.name == "Cleo Clerk"
    assert found.notifications == []


def test_zammad_s_facts_are_the_ticket_s(zammad: Services) -> None:
    ticket = read(zammad, "zammad", "67001").ticket
    assert ticket.status is Status.CLOSED
    assert ticket.priority is Priority.P2
    assert ticket.service_code == "pothole"
    assert ticket.agency_code == "public-works"
    assert ticket.assignee == "clerk@city.example"
    assert ticket.requester.email == "nora@example.org"
    assert ticket.requester.phone == "+12025550147"
    assert ticket.requested_at == datetime(2024, 3, 1, 8, 15, 30, 500_000, UTC)
    assert ticket.updated_at == ticket.closed_at == datetime(2024, 3, 4, 10, tzinfo=UTC)
    assert ticket.first_responded_at == datetime(2024, 3, 1, 9, tzinfo=UTC)
    assert ticket.attributes == {"former_reference": "67001"}


def test_what_was_a_mail_is_not_published(zammad: Services) -> None:
    ticket = read(zammad, "zammad", "67002").ticket
    assert not ticket.is_public
    assert ticket.public_words is None


def test_an_open_ticket_of_long_ago_makes_no_flood(zammad: Services) -> None:
    ticket = read(zammad, "zammad", "67002").ticket
    assert ticket.status is Status.IN_PROGRESS
    assert ticket.due_at == ticket.promised_at
    assert ticket.due_at
    assert ticket.due_at < ARRIVAL
    assert set(ticket.fired.values()) == {ARRIVAL}
    assert list(zammad.store.due_tickets(ARRIVAL)) == []


def test_an_answer_to_a_mail_of_the_former_system_finds_its_ticket(zammad: Services) -> None:
    found = zammad.store.ticket_of_provider_message(["reply.12@zammad.city.example"])
    assert found == ticket_id_for("zammad:old:67001")


def test_files_come_along(zammad: Services) -> None:
    (file,) = read(zammad, "zammad", "67001").entries[0].attachments
    assert (file.filename, file.size, file.content_type) == ("hole.txt", 9, "text/plain")
    assert zammad.files.get(file.digest) == b"How deep?"


def test_what_could_not_be_mapped_is_told_with_how_often(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    converted("zammad", SAMPLES / "zammad", tmp_path)
    assert capsys.readouterr().out.splitlines()[2:] == [
        "       1  file that is missing: attachments/1-11-6",
        "       1  service: Misc",
        "       1  status: waiting for parts",
        "       1  ticket without articles: articles/3.json",
        "       1  user: ghost@example.org",
    ]


def test_what_is_not_mapped_is_for_triage(zammad: Services) -> None:
    ticket = read(zammad, "zammad", "67003").ticket
    assert ticket.service_code == "unclassified"
    assert ticket.agency_code == "customer-desk"
    assert ticket.status is Status.ACKNOWLEDGED
    assert ticket.requester.email == "ghost@example.org"


def test_converted_twice_it_is_the_same(tmp_path: Path) -> None:
    """So that a second import says what is here already instead of making second tickets."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        converted("zammad", SAMPLES / "zammad", tmp_path / name)
    first, second = ((tmp_path / n / "out/tickets.jsonl").read_bytes() for n in ("a", "b"))
    assert first == second


def test_a_service_that_is_not_offered_here_is_named_before_anything_is_written(
    there: Services, tmp_path: Path
) -> None:
    converted("zammad", SAMPLES / "zammad", tmp_path)
    path = tmp_path / "out/tickets.jsonl"
    (tmp_path / "other").mkdir()
    wrong = {**MAPPING, "services": {"Roads": "no-such-service"}}
    (tmp_path / "map.json").write_text(json.dumps(wrong))
    convert.main(
        [
            "zammad",
            str(SAMPLES / "zammad"),
            str(tmp_path / "wrong"),
            "--map",
            str(tmp_path / "map.json"),
        ]
    )
    before = all_items(there)
    with pytest.raises(
        MovingError, match=r"line \d+: There is no service 'no-such-service'.*first"
    ):
        move_in(there, tmp_path / "wrong")
    assert all_items(there) == before
    assert path.is_file()


def test_osticket_s_tables_are_joined(there: Services, tmp_path: Path) -> None:
    assert converted("osticket", SAMPLES / "osticket", tmp_path, "--zone", "America/New_York") == 0
    move_in(there, tmp_path / "out")
    found = read(there, "osticket", "100200")
    assert said(found)[:3] == [
        ("opened", "requester", "01 13:30", 'The lamp is dark, "all night".'),
        ("replied", "staff", "01 19:00", "We sent somebody."),
        ("noted", "staff", "02 12:00", "Ask the utility."),
    ]
    ticket = found.ticket
    assert ticket.requested_at == datetime(2023, 6, 1, 9, 30, tzinfo=ZoneInfo("America/New_York"))
    assert (ticket.service_code, ticket.priority) == ("streetlight", Priority.P2)
    assert (ticket.channel, ticket.subject) == (Channel.WEB, "Dark lamp")
    assert ticket.requester.email == "omar@example.org"
    assert ticket.assignee == "clerk@city.example"
    assert there.files.get(ticket.attachments[0].digest) == b"A plan."
    assert read(there, "osticket", "100201").ticket.status is Status.IN_PROGRESS


def test_fixmystreet_s_reports_are_public_and_masked(
    there: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert converted("fixmystreet", SAMPLES / "fixmystreet.csv", tmp_path) == 0
    move_in(there, tmp_path / "out")
    fixed = read(there, "fixmystreet", "9001").ticket
    assert fixed.status is Status.CLOSED
    assert fixed.closed_at == datetime(2022, 5, 9, 12, tzinfo=UTC)
    lamp = read(there, "fixmystreet", "9002").ticket
    assert lamp.is_listed
    assert lamp.public_words
    assert "541-555-0134" not in lamp.public_words.description
    assert "Nia Fox" not in lamp.public_words.description
    assert (lamp.lat, lamp.long) == (44.047, -123.023)
    assert not read(there, "fixmystreet", "9003").ticket.is_public
    assert "1  status: Awaiting committee" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("product", "name", "edit", "told"),
    [
        ("zammad", "tickets-1.json", lambda t: t[:-30], "tickets-1.json is not JSON"),
        ("zammad", "tickets-1.json", lambda t: '{"error": "x"}', "no list of records"),
        (
            "zammad",
            "tickets-1.json",
            lambda t: t.replace("2024-03-01T08:15:30.500Z", "yesterday"),
            "Ticket 1 of Zammad cannot be read",
        ),
        ("osticket", "ost_thread.csv", None, "ost_thread.csv is missing"),
        (
            "osticket",
            "ost_ticket.csv",
            lambda t: t.partition("\n")[2],
            "ost_ticket.csv has no column ticket_id",
        ),
        ("osticket", "ost_ticket.csv", lambda t: t[:-60], "ost_ticket.csv line 3 has another"),
        (
            "osticket",
            "ost_thread_entry.csv",
            lambda t: t.partition("all night")[0],
            "ost_thread_entry.csv cannot be",
        ),
        (
            "osticket",
            "ost_ticket.csv",
            lambda t: t.replace("2023-06-01 09:30:00", "0000-00-00 00:00:00"),
            "ost_ticket.csv: ticket 1 cannot be read",
        ),
        (
            "fixmystreet",
            "fixmystreet.csv",
            lambda t: t.replace("44.047", "north"),
            "fixmystreet.csv line 3 cannot be read",
        ),
    ],
)
def test_an_export_that_cannot_be_read_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    product: str,
    name: str,
    edit: Any,
    told: str,
) -> None:
    folder = Path(shutil.copytree(SAMPLES, tmp_path / "samples"))
    source = folder / product if (folder / product).is_dir() else folder / f"{product}.csv"
    path = source / name if source.is_dir() else source
    if edit is None:
        path.unlink()
    else:
        path.write_text(edit(path.read_text()))
    assert converted(product, source, tmp_path) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out/manifest.json").exists()


def test_a_mapping_with_a_wrong_word_says_which(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "map.json"
    path.write_text('{"statuses": {"open": "begun"}, "teams": {}}')
    given = ["zammad", str(SAMPLES / "zammad"), str(tmp_path / "out"), "--map", str(path)]
    assert convert.main(given) == 1
    said = capsys.readouterr().err
    assert "statuses.open: " in said
    assert "teams: Extra inputs are not permitted" in said


def test_the_three_commands_say_what_they_want(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("infra.export", "infra.import", "infra.convert"):
        with pytest.raises(SystemExit):
            import_module(name).main(["--help"])
        assert f"python -m {name}" in capsys.readouterr().out
    assert "infra.import" in sys.modules
