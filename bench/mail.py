"""Scores how replies are read: exact matches and word F1 over any folder of cases.

    python bench/mail.py FOLDER [FOLDER …]      or      make bench-mail CASES=FOLDER

A case is a `.eml`, `.html` or `.txt` file with its new words beside it: `NAME.expected`,
`NAME_reply_text` or `NAME.json` (`{"text": "…"}`). Files without an expectation are read and timed only.
White space does not count; everything else does.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from chalicelib.channels.mime import Envelope, Mailbox, parse
from chalicelib.messages import InboundMessage
from chalicelib.signing import Signer

KINDS = {".eml", ".html", ".txt"}
MAILBOX = Mailbox(signer=Signer({"k": "a key for measuring only"}, "k"), jurisdiction_id="bench")


@dataclass(frozen=True, slots=True)
class Score:
    """How one case was read. `f1` is None when nothing was expected."""

    path: Path
    is_exact: bool
    f1: float | None
    milliseconds: float
    text: str
    expected: str | None


def cases(folder: Path) -> Iterator[Path]:
    """Every case below a folder, in order."""
    names = {path for path in folder.rglob("*") if path.suffix in KINDS}
    return iter(sorted(path for path in names if not path.name.endswith(".expected.txt")))


def expectation(path: Path) -> str | None:
    """The new words that a person says this mail holds, or None."""
    for name in (f"{path.stem}.expected", f"{path.stem}.expected.txt", f"{path.stem}_reply_text"):
        if path.with_name(name).exists():
            return path.with_name(name).read_text("utf-8")
    beside = path.with_suffix(".json")
    if not beside.exists():
        return None
    return json.loads(beside.read_text("utf-8")).get("text")


def read(path: Path) -> InboundMessage:
    """The case as a message; a bare body is wrapped into a mail first."""
    raw = path.read_bytes()
    if path.suffix != ".eml":
        raw = _wrapped(raw.decode("utf-8", "replace"), path.suffix)
    return parse(raw, Envelope(message_id=path.name, received_at=datetime.now(UTC)), MAILBOX)


def _wrapped(text: str, suffix: str) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "somebody@example.org"
    mail["Subject"] = "Re: a case"
    mail.set_content(text, subtype="html" if suffix == ".html" else "plain", cte="base64")
    return mail.as_bytes()


def score(path: Path) -> Score:
    """Read one case and compare."""
    started = time.process_time()
    message = read(path)
    spent = (time.process_time() - started) * 1000
    expected = expectation(path)
    if expected is None:
        return Score(path, False, None, spent, message.text, None)
    is_exact = normal(message.text) == normal(expected)
    return Score(path, is_exact, word_f1(message.text, expected), spent, message.text, expected)


def normal(text: str) -> str:
    """Text with its white space made plain."""
    return " ".join(text.split())


def word_f1(text: str, expected: str) -> float:
    """The harmonic mean of precision and recall, by words; one letter is a word where none are spaced."""
    got, wanted = Counter(_words(text)), Counter(_words(expected))
    shared = sum((got & wanted).values())
    if not shared:
        return 1.0 if not got and not wanted else 0.0
    precision, recall = shared / sum(got.values()), shared / sum(wanted.values())
    return 2 * precision * recall / (precision + recall)


def _words(text: str) -> list[str]:
    return re.findall(r"[぀-ヿ㐀-鿿]|[^\W぀-ヿ㐀-鿿]+", text.lower())


def report(folder: Path, *, is_verbose: bool) -> bool:
    """Print the figures of one folder; whether every case was exact."""
    scores = [score(path) for path in cases(folder)]
    judged = [one for one in scores if one.f1 is not None]
    if not scores:
        print(f"{folder}: no cases")
        return False
    exact = sum(one.is_exact for one in judged)
    mean = sum(one.f1 or 0 for one in judged) / max(1, len(judged))
    times = sorted(one.milliseconds for one in scores)
    slowest = max(scores, key=lambda one: one.milliseconds)
    print(
        f"{folder}: {len(judged)} cases, exact {exact} ({exact / max(1, len(judged)):.1%}), F1 {mean:.3f}"
    )
    print(
        f"  ms per mail: median {times[len(times) // 2]:.2f}, p95 {times[int(len(times) * 0.95)]:.2f}, "
        f"slowest {slowest.milliseconds:.2f} "
        f"({slowest.path.name}); {len(scores) - len(judged)} without expectation"
    )
    for one in judged:
        if not one.is_exact:
            print(f"  not exact: {one.path.name} (F1 {one.f1:.2f})")
            if is_verbose:
                print(f"    expected {one.expected!r}\n    read     {one.text!r}")
    return exact == len(judged)


def main(arguments: list[str]) -> int:
    """Report every folder named; `-v` shows what was expected and what was read."""
    folders = [Path(name) for name in arguments if name != "-v"]
    if not folders:
        print(__doc__)
        return 2
    for folder in folders:
        report(folder, is_verbose="-v" in arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
