"""Own CPU of a mail, a text and a form beside django-helpdesk's, in one run on one machine.

    python -m bench.beside

django-helpdesk (`beside.txt`) is put into a virtualenv of its own in a temporary folder and runs in a
process of its own (`helpdesk.py`); ours is the town, counted as `flows.py` counts. Both get the same
mails, in rounds that take turns. django-helpdesk takes no texts: ours stand beside its public form.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from bench import flows
from tests.harness import Harness

HERE = Path(__file__).parent
ROUNDS, ITEMS = 6, 10
READER = "on_change"
WANTED = {"email": 0.5, "text": 0.4, "form": 0.4}

Spent = tuple[float, float]  # milliseconds: all of it; of which what the last column leaves out
Ask = Callable[[str, list[str]], list[Spent]]


def main() -> int:
    """Print the medians and their ratios; 1 when one is more than wanted."""
    ours: dict[str, list[Spent]] = {kind: [] for kind in WANTED}
    theirs: dict[str, list[Spent]] = {"email": [], "form": []}
    with Harness.boot() as town, _helpdesk() as ask:
        for turn in range(1 + ROUNDS):
            numbers = range(turn * ITEMS, (turn + 1) * ITEMS)
            mine, other = _ours(town, numbers), _theirs(town, numbers, ask)
            if turn:  # the first warms up
                for kind, spent in mine.items():
                    ours[kind] += spent
                for kind, pairs in other.items():
                    theirs[kind] += pairs
    exceeded = [_told(kind, ours[kind], theirs) for kind in WANTED]
    return int(any(exceeded))


def _ours(town: Harness, numbers: range) -> dict[str, list[Spent]]:
    makers = {"email": flows.mail, "text": flows.text, "form": flows.submit}
    sent = len(town.outbox)
    spent = {
        kind: [_cost(town, make(town, number)) for number in numbers]
        for kind, make in makers.items()
    }
    if len(town.outbox) - sent != len(makers) * len(numbers):
        raise RuntimeError("Not every item was acknowledged once.")
    return spent


def _cost(town: Harness, act: Callable[[], object]) -> Spent:
    """All of it, and of which the stream's reader, which takes many changes at once in a busy city."""
    whole = flows.cost(town, act)
    return whole * 1000, sum(town.own_cpu.get(READER, [])) * 1000


def _theirs(town: Harness, numbers: range, ask: Ask) -> dict[str, list[Spent]]:
    mails = [flows.raw_mail(town, number) for number in numbers]
    return {"email": ask("email", mails), "form": ask("form", [_form(each) for each in numbers])}


def _form(number: int) -> str:
    said = {
        "queue": 1,
        "title": "Pothole",
        "body": "A deep pothole at Main Street 5.",
        "priority": 3,
    }
    return urlencode(said | {"submitter_email": f"web{number}@example.org"})


def _told(kind: str, ours: list[Spent], theirs: dict[str, list[Spent]]) -> bool:
    (own, bare), (other, python) = map(
        _medians, (ours, theirs["email" if kind == "email" else "form"])
    )
    print(
        f"{kind:<6} ours {own:.2f} ms (without the stream's reader {bare:.2f}), "
        f"django-helpdesk {other:.2f} ms (without SQLite {python:.2f}), "
        f"ratio {own / other:.2f}, wanted {WANTED[kind]}; without both {bare / python:.2f}"
    )
    return own / other > WANTED[kind]


def _medians(spent: list[Spent]) -> Spent:
    return (
        statistics.median(whole for whole, _ in spent),
        statistics.median(whole - part for whole, part in spent),
    )


@contextmanager
def _helpdesk() -> Iterator[Ask]:
    """django-helpdesk at work: what each item cost it, and how much of that was SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder, "bin", "python"))
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "-r", str(HERE / "beside.txt")], check=True
        )
        command = [python, "-I", str(HERE / "helpdesk.py")]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            yield lambda kind, items: _asked(process, kind, items)
            process.stdin.close()


def _asked(process: subprocess.Popen[str], kind: str, items: list[str]) -> list[Spent]:
    assert process.stdin is not None
    assert process.stdout is not None
    print(json.dumps([kind, items]), file=process.stdin, flush=True)
    spent: list[Spent] = json.loads(process.stdout.readline())
    return spent


if __name__ == "__main__":
    sys.exit(main())
