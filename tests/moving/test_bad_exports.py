"""An export that is not what it says, or does not fit: the file, line and remedy are named, and
nothing is written."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from chalicelib.bootstrap import Services
from chalicelib.tickets.dynamodb.items.tickets import ticket_item
from chalicelib.tickets.ports import QueueQuery
from infra.local import engine
from infra.moving.folder import MovingError
from tests.moving.cities import (
    AGENT,
    all_items,
    all_objects,
    keep_files,
    keys_of,
    live_in,
    make_city,
    move_in,
    move_out,
    put_all,
    tickets,
)


@pytest.fixture(scope="module")
def exported(clients: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of a small city."""
    city, folder = make_city(clients), tmp_path_factory.mktemp("exported") / "out"
    live_in(city, 6, others=2)
    keep_files(city)
    move_out(city, folder)
    return folder


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoiled."""
    return Path(shutil.copytree(exported, tmp_path / "out"))


@pytest.fixture(scope="module")
def empty(clients: Callable[[str], Any]) -> Services:
    """A city that nothing comes into: it is the same after every refusal."""
    return make_city(clients)


def refused(there: Services, folder: Path, **given: Any) -> str:
    """What the import says; it must have written nothing at all."""
    before, files = all_items(there), all_objects(there)
    with pytest.raises(MovingError) as error:
        move_in(there, folder, **given)
    assert all_items(there) == before
    assert all_objects(there) == files
    return str(error.value)


def change(path: Path, edit: Callable[[Any], None]) -> None:
    told = json.loads(path.read_text())
    edit(told)
    path.write_text(json.dumps(told))


def test_without_a_manifest_it_was_cut(empty: Services, folder: Path) -> None:
    (folder / "manifest.json").unlink()
    assert "the export was cut. Export again" in refused(empty, folder)


def test_a_file_that_was_cut_is_named(empty: Services, folder: Path) -> None:
    path = folder / "tickets.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    assert refused(empty, folder).startswith("tickets.jsonl has ")


def test_a_file_with_other_words_of_the_same_length_is_named(empty: Services, folder: Path) -> None:
    path = folder / "tickets.jsonl"
    path.write_bytes(path.read_bytes().replace(b"broken", b"mended"))
    assert "tickets.jsonl is not what was exported" in refused(empty, folder)


def test_a_file_that_is_missing_is_named(empty: Services, folder: Path) -> None:
    (folder / "audit.jsonl").unlink()
    assert "audit.jsonl is missing" in refused(empty, folder)


def test_a_file_that_the_manifest_does_not_know_is_named(empty: Services, folder: Path) -> None:
    (folder / "more.jsonl").write_text("{}\n")
    assert "more.jsonl is not in manifest.json" in refused(empty, folder)


@pytest.mark.parametrize("content", [b"another", None])
def test_a_photo_that_is_not_the_same_is_named_with_its_line(
    empty: Services, folder: Path, content: bytes | None
) -> None:
    (path,) = (folder / "stored/files").iterdir()
    path.unlink()
    if content:
        path.write_bytes(content)
    said = refused(empty, folder)
    assert said.startswith("files.jsonl line 1: stored/files/")
    assert "Copy it again" in said


def test_a_manifest_of_the_future_asks_for_a_newer_version(empty: Services, folder: Path) -> None:
    change(folder / "manifest.json", lambda told: told.update(schema_number=7))
    assert "of schema 7, this version reads 1 and older" in refused(empty, folder)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda told: told.pop("origin"), "origin: Field required"),
        (lambda told: told.pop("schema_number"), "not the manifest of an export"),
        (lambda told: told["files"][0].update(lines="many"), "files.0.lines"),
        (lambda told: told["files"][0].update(name="../x.jsonl"), "files.0.name"),
        (lambda told: told["files"][1].update(lines=1), "lines, manifest.json says 1"),
    ],
)
def test_a_manifest_that_does_not_fit_says_where(
    empty: Services, folder: Path, edit: Callable[[Any], None], told: str
) -> None:
    change(folder / "manifest.json", edit)
    assert told in refused(empty, folder)


def rewritten(folder: Path, name: str, edit: Callable[[bytes], bytes]) -> None:
    """Change a file and let the manifest agree, as somebody would who knows how."""
    path = folder / name
    data = edit(path.read_bytes())
    path.write_bytes(data)
    told = json.loads((folder / "manifest.json").read_text())
    for mark in told["files"]:
        if mark["name"] == name:
            mark |= {
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "lines": data.count(b"\n"),
            }
    (folder / "manifest.json").write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{not json}\n", "line 1 is not JSON"),
        (b"[1]\n", "line 1 is no JSON object"),
        (b'{"pk":"TICKET#1"}\n', "line 1 has no pk or no sk"),
        (b'{"pk":"TICKET#1","sk":"TICKET","next_action_at":"2026"}\n', "line 1 cannot be read"),
        (b'{"pk":"BROADCASTS","sk":"b"}\n', "line 1 cannot be read"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(
    empty: Services, folder: Path, line: bytes, told: str
) -> None:
    rewritten(folder, "tickets.jsonl", lambda data: line + data)
    assert told in refused(empty, folder)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"path": "../../etc/passwd", "sha256": "0"}, "leads out of the export"),
        ({"path": "manifest.json", "bucket": "elsewhere", "key": "k"}, "names no file of a city"),
        (
            {"path": "manifest.json", "bucket": "stored", "key": "app.zip"},
            "names no file of a city",
        ),
    ],
)
def test_a_file_can_only_go_where_files_of_a_city_lie(
    empty: Services, folder: Path, told: dict[str, str], said: str
) -> None:
    manifest = (folder / "manifest.json").read_bytes()
    line = {"sha256": hashlib.sha256(manifest).hexdigest(), "bytes": 1, **told}
    (folder / "kept.json").write_bytes(manifest)
    if line["path"] == "manifest.json":
        line["path"] = "kept.json"
    rewritten(folder, "files.jsonl", lambda _: json.dumps(line).encode() + b"\n")
    assert said in refused(empty, folder)


def test_another_number_of_shards_is_named(clients: Callable[[str], Any], folder: Path) -> None:
    there = make_city(clients, index_shards=2)
    assert refused(there, folder) == "INDEX_SHARDS is 2 here and was 4: set it to 4."


def test_no_export_is_written_over_another(empty: Services, folder: Path) -> None:
    with pytest.raises(MovingError, match="Name another folder"):
        move_out(empty, folder)


def test_a_catalogue_that_was_written_here_is_not_overwritten(
    there: Services, folder: Path
) -> None:
    (pothole,) = (item for item in there.catalog.items("service") if item.code == "pothole")
    there.catalog.put(pothole, AGENT, there.clock.now())
    said = refused(there, folder)
    assert "here already with other content" in said
    assert "catalogue.jsonl line" in said
    assert "service#pothole" in said


@pytest.fixture
def taken(there: Services) -> str:
    """A reference of the export that belongs to another ticket there."""
    ticket = next(tickets(there, 1))
    ticket.description = "Something else."
    put_all(there, iter([ticket_item(keys_of(there), ticket, "t")]))
    return ticket.ticket_id


def test_a_reference_that_is_taken_is_named_with_its_line(
    there: Services, folder: Path, taken: str
) -> None:
    said = refused(there, folder)
    assert "or give --rename-taken" in said
    assert f"city.example#TICKET#{taken} TICKET" in said
    assert "tickets.jsonl line" in said


def test_a_taken_reference_gets_another_one_everywhere(
    there: Services, folder: Path, taken: str
) -> None:
    move_in(there, folder, rename_taken=True)
    assert there.store.get(taken).description == "Something else."
    (new,) = {
        ticket.ticket_id
        for ticket in there.store.tickets_of("email:c0@example.org")
        if ticket.ticket_id != taken
    }
    assert there.store.read(new).entries
    messages = [item for (_, sk), item in all_items(there).items() if sk == "MESSAGE"]
    assert new in {item["ticket_id"]["S"] for item in messages}
    assert taken not in {item["ticket_id"]["S"] for item in messages}


def test_an_import_run_twice_does_nothing_the_second_time(there: Services, folder: Path) -> None:
    move_in(there, folder)
    before, said = all_items(there), list[str]()
    assert move_in(there, folder, said.append) == {}
    assert said == ["This export was imported on 02 March 2026: nothing to do."]
    assert all_items(there) == before


class Killed(BaseException):
    """The process is gone."""


def kill_after(writes: int) -> engine.Fault:
    """Lets so many writes pass and ends the process at the next, half of the time behind it."""
    left = [writes]

    def fault(operation: str, do: Callable[[], Any]) -> Any:
        if not operation.endswith(("TransactWriteItems", "PutObject", "UpdateItem")):
            return do()
        left[0] -= 1
        if left[0] >= 0:
            return do()
        if writes % 2:
            do()
        raise Killed

    return fault


def test_killed_anywhere_and_run_again_all_of_it_is_there_once(
    clients: Callable[[str], Any], folder: Path, there: Services
) -> None:
    move_in(there, folder)
    wanted = all_items(there)
    again, kills = make_city(clients), 0
    for writes in (0, 1, 2, 3, 4, 5, 5, 6):
        try:
            with engine.faults(kill_after(writes)):
                move_in(again, folder)
        except Killed:
            kills += 1
    move_in(again, folder)
    assert kills >= 4
    ours = {key for key in wanted if not key[0].endswith("#AUDIT")}
    assert {key for key in all_items(again) if not key[0].endswith("#AUDIT")} == ours
    assert len(all_items(again)) == len(wanted)
    assert all_objects(again) == all_objects(there)


def test_lost_answers_make_nothing_twice(there: Services, folder: Path) -> None:
    """DynamoDB did it and the connection broke: the same transaction is sent again."""
    lost = []

    def fault(operation: str, do: Callable[[], Any]) -> Any:
        answer = do()
        if operation.endswith("TransactWriteItems") and len(lost) % 2 == 0:
            lost.append(operation)
            raise ConnectionClosedError(endpoint_url="https://dynamodb")
        lost.append("")
        return answer

    with engine.faults(fault):
        move_in(there, folder)
    assert any(lost)
    assert len(there.store.queue(QueueQuery(is_open=True), 50, "").items) > 0
    assert len(there.store.read(next(tickets(there, 1)).ticket_id).entries) == 1


def between(writes: int, do_this: Callable[[], None]) -> engine.Fault:
    """Does something of its own when so many transactions were written."""
    left = [writes]

    def fault(operation: str, do: Callable[[], Any]) -> Any:
        if operation.endswith("TransactWriteItems"):
            left[0] -= 1
            if left[0] == -1:
                do_this()
        return do()

    return fault


def test_what_comes_to_be_there_meanwhile_is_named_and_kept(there: Services, folder: Path) -> None:
    ticket = next(tickets(there, 1))
    ticket.description = "Something else."
    row = ticket_item(keys_of(there), ticket, "t")
    with (
        engine.faults(between(0, lambda: put_all(there, iter([row])))),
        pytest.raises(
            MovingError, match=r"tickets.jsonl line .* came to be here with other content"
        ),
    ):
        move_in(there, folder)
    assert there.store.get(ticket.ticket_id).description == "Something else."


def test_two_imports_at_once_do_not_mix(there: Services, folder: Path) -> None:
    with (
        engine.faults(between(0, lambda: move_in(there, folder) and None)),
        pytest.raises(MovingError, match="is being imported elsewhere"),
    ):
        move_in(there, folder)
    assert len(there.store.read(next(tickets(there, 1)).ticket_id).entries) == 1


def test_run_again_it_goes_on_behind_the_last_transaction(there: Services, folder: Path) -> None:
    with pytest.raises(Killed), engine.faults(kill_after(6)):
        move_in(there, folder)
    asked: list[str] = []

    def note(operation: str, do: Callable[[], Any]) -> Any:
        asked.append(operation.rpartition(".")[2])
        return do()

    with engine.faults(note):
        move_in(there, folder)
    assert "TransactWriteItems" in asked
    assert "PutObject" not in asked
