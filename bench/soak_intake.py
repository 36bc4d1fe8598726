"""Thousands of mails, texts and forms through faults and deaths: nothing lost, nothing twice.

    python -m bench.soak_intake [COUNT] [SEED]

Of the distinct inputs 60 % are mails (some of them replies), 25 % texts and 15 % forms. 30 % come again,
and all of a window of 200 come in any order. 2 % of AWS calls are not answered, half of them after they
took effect, and one in a thousand kills its process, which is about one event in two hundred. Ends with
an error unless every input is exactly one entry, every new matter exactly one ticket with one answer,
a second answer is flagged, and no dead letter is left.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.citizens import a_mail, answer_to
from tests.faults import Died, weather
from tests.harness import Harness
from tests.test_budgets import FORM, hidden_fields

WINDOW = 200
A_TOWN = 1_000  # inputs; a larger town makes the emulator slow, not the service
MAILS, TEXTS, REPLIES = 0.6, 0.25, 0.15  # shares of the inputs; the replies are mails too
REPEATED, FAULTS, DEATHS = 0.3, 0.02, 0.001  # of the inputs; of the AWS calls
FIRST_ANSWERS = {"ticket_received", "unproven_received"}
MARK = re.compile(r"input \d{5}\.")
Send = Callable[[], Any]


@dataclass
class Soak:
    """One town and what came in: the marks of new matters, and of words added to one."""

    chance: random.Random
    window: int = WINDOW
    opened: set[str] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
    forms: list[Send] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    def live(self, town: Harness, count: int) -> None:
        """Take `count` distinct inputs in, window by window; then the sky clears."""
        while (done := self.inputs) < count:
            sends = [self._input(town) for _ in range(min(self.window, count - done))]
            sends += [send for send in sends if self.chance.random() < REPEATED]
            self.chance.shuffle(sends)
            for send in sends:
                self._suffer(town, send, deaths=DEATHS)
            self._suffer(town, lambda: town.drain(10_000), deaths=0)
            town.tick(town.now + timedelta(minutes=20))
            for send in self.forms:  # whoever saw an error page presses the button again
                send()
            self.forms.clear()
        for queue in ("inbound-email", "inbound-sms", "delivery"):
            town.redrive(queue)
        for _ in range(3):
            town.tick(town.now + timedelta(minutes=20))
            town.drain(10_000)

    @property
    def inputs(self) -> int:
        """How many distinct inputs came."""
        return len(self.opened) + len(self.added)

    def _input(self, town: Harness) -> Send:
        mark, kind = f"input {self.inputs:05d}.", self.chance.random()
        if kind < REPLIES and (letters := [s for s in town.outbox if s.channel == "email"]):
            self.added.add(mark)
            event = town.mail(answer_to(self.chance.choice(letters), mark))
            return lambda: town.deliver(event)
        number = self.inputs
        self.opened.add(mark)
        if kind < MAILS:
            event = town.mail(a_mail(mark, sender=f"c{number}@example.org"))
        elif kind < MAILS + TEXTS:
            event = town.text(f"A hole in Elm Street 5, {mark}", sender=f"+1202{5550000 + number}")
        else:
            return self._form(town, mark, f"c{number}@example.org")
        return lambda: town.deliver(event)

    def _form(self, town: Harness, mark: str, address: str) -> Send:
        page = town.http("GET", "/report?service=pothole")
        form = {**hidden_fields(page.text), **FORM, "email": address, "description": mark}

        def send() -> None:
            town.http("POST", "/report", form=form)

        self.forms.append(send)
        return send

    def _suffer(self, town: Harness, send: Send, *, deaths: float) -> None:
        with weather(self.chance, faults=FAULTS, deaths=deaths) as met:
            try:
                send()
            except Died:
                town.restart()
            except Exception:
                met["errors"] += 1
        self.met += met

    def wrong(self, town: Harness) -> list[str]:
        """What is not as if every input had come once, in good weather."""
        dump = town.dump()
        said = Counter(m for e in dump["entries"] for m in MARK.findall(e["text"]))
        opened = Counter(m for t in dump["tickets"] for m in MARK.findall(t["description"]))
        told = [n for n in dump["notifications"] if n["notice"] in FIRST_ANSWERS]
        answers = Counter(n["ticket_id"] for n in told)
        tickets = [ticket["ticket_id"] for ticket in dump["tickets"]]
        return [
            *(f"{m}: {said[m]} entries" for m in self.opened | self.added if said[m] != 1),
            *(f"{m}: {opened[m]} tickets" for m in self.opened if opened[m] != 1),
            *(f"{t}: {answers[t]} answers" for t in tickets if answers[t] != 1),
            *(f"{n['notification_id']}: {n['status']}" for n in told if n["status"] != "accepted"),
            *(f"{n}: sent twice and not flagged" for n in _unflagged(town, told)),
            *(f"dead letter in {letter['queue']}" for letter in dump["dead_letters"]),
        ]


def _unflagged(town: Harness, told: list[dict[str, Any]]) -> set[str]:
    left = Counter(sent.tags.get("notification_id") for sent in town.outbox)
    twice = {n["notification_id"] for n in told if left[n["notification_id"]] > 1}
    return twice - {n["notification_id"] for n in told if n["is_repeat"]}


def main() -> int:
    """Run town after town until `COUNT` inputs came."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    began, wrong, met, inputs = time.perf_counter(), list[str](), Counter[str](), 0
    while inputs < count:
        soak = Soak(chance)
        with Harness.boot() as town:
            soak.live(town, min(A_TOWN, count - inputs))
            wrong += soak.wrong(town)
        met, inputs = met + soak.met, inputs + soak.inputs
    print(
        f"{inputs} distinct inputs, {met['faults']} faults, {met['deaths']} deaths: {len(wrong)} wrong"
    )
    print("\n".join(wrong[:20]))
    print(f"({time.perf_counter() - began:.0f} s on this machine)")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
