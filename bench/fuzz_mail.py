"""Reads thousands of damaged mails: nothing uncaught, nothing slow, nothing lost.

    python bench/fuzz_mail.py [COUNT] [SEED]

The seeds are the mails of `tests/data/emails`. Prints the slowest mails and every failure with the
numbers that make it again.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from chalicelib.channels.mime import parse
from chalicelib.messages import Nature
from tests.channels.mails import CASES, MAILBOX, envelope, raw_mail

LIMIT_SECONDS = 5.0
JUNK = [
    b"\r\n",
    b"\n\n",
    b"\x00",
    b"=?",
    b"?=",
    b'"',
    b"<",
    b">",
    b"--",
    b"Content-Type: ",
    b"\xff",
    b"(",
    b"=\n",
]


def damaged(raw: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A mail with some bytes changed, lost, repeated, or taken from another mail."""
    data = bytearray(raw)
    for _ in range(chance.choice([1, 3, 10, 100])):
        if not data:
            break
        _damage(data, others, chance)
    return bytes(data)


def _damage(data: bytearray, others: list[bytes], chance: random.Random) -> None:
    place = chance.randrange(len(data))
    kind = chance.randrange(6)
    if kind == 0:
        data[place] = chance.randrange(256)
    elif kind == 1:
        del data[place : place + chance.choice([1, 10, 500])]
    elif kind == 2:
        data[place:place] = data[chance.randrange(len(data)) :][: chance.choice([5, 100, 2_000])]
    elif kind == 3:
        data[place:place] = chance.choice(JUNK) * chance.choice([1, 2, 50])
    elif kind == 4:
        other = chance.choice(others)
        start = chance.randrange(len(other))
        data[place:place] = other[start : start + chance.choice([20, 400])]
    else:
        piece = data[place : place + chance.choice([3, 40])]
        data[place:place] = piece * chance.choice([2, 20, 200])


def main(count: int, seed: int) -> int:
    """Run and report; the exit code says whether all went well."""
    mails = {name: raw_mail(name)[:60_000] for name in CASES}
    others = list(mails.values())
    times: list[tuple[float, str, int]] = []
    failures: list[str] = []
    natures: dict[Nature, int] = {}
    for number in range(count):
        chance = random.Random(seed * 1_000_003 + number)
        name = chance.choice(CASES)
        raw = damaged(mails[name], others, chance)
        started = time.process_time()
        try:
            message = parse(raw, envelope(), MAILBOX)
        except Exception as error:  # the very thing that is looked for
            failures.append(f"{name} {number}: {error!r}")
            continue
        times.append((time.process_time() - started, name, number))
        natures[message.nature] = natures.get(message.nature, 0) + 1
        if message.nature_reason.startswith("reading it failed"):
            failures.append(f"{name} {number}: {message.nature_reason}")
    times.sort(reverse=True)
    slow = [one for one in times if one[0] > LIMIT_SECONDS]
    print(
        f"{count} mails, seed {seed}: {len(failures)} failures, {len(slow)} over {LIMIT_SECONDS} s"
    )
    print(
        f"  p50 {times[len(times) // 2][0] * 1000:.2f} ms, p95 {times[len(times) // 20][0] * 1000:.2f} ms"
    )
    print(f"  slowest {[(round(t * 1000), n, i) for t, n, i in times[:3]]} ms")
    print(f"  natures { ({str(k): v for k, v in sorted(natures.items())}) }")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    for failure in failures[:20]:
        print("  " + failure)
    return 1 if failures or slow else 0


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:3]]
    sys.exit(main(*(given + [1_000, 1][len(given) :])))
