"""A process that dies at any AWS call of taking a message in: afterwards all is as without a death (Q10).

The mail or text comes again from its queue, the browser sends its form again: one ticket, one entry, one
answer. Q09 is the death behind the last call: what was committed is not done twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.citizens import PNG, a_mail
from tests.faults import Died, dying
from tests.harness import Harness
from tests.notifications.sending.test_sending_crashes import recover
from tests.test_budgets import FORM, hidden_fields

LAST = 9  # more calls than any of these ways in makes
Send = Callable[[], Any]


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def a_report_by_mail(town: Harness, mark: str) -> Send:
    files = {"hole.png": PNG}
    event = town.mail(a_mail(f"A hole, {mark}.", sender=f"{mark}@example.org", files=files))
    return lambda: town.deliver(event)


def a_report_by_text(town: Harness, mark: str) -> Send:
    number = f"+1202555{sum(map(ord, mark)) * 7 % 10_000:04d}"
    event = town.text(f"A hole in Elm Street 5, {mark}.", sender=number)
    return lambda: town.deliver(event)


def a_report_by_form(town: Harness, mark: str) -> Send:
    page = town.http("GET", "/report?service=pothole")
    form = {**hidden_fields(page.text), **FORM}
    form |= {"email": f"{mark}@example.org", "description": f"A hole, {mark}."}
    return lambda: town.http("POST", "/report", form=form)


WAYS = [a_report_by_mail, a_report_by_text, a_report_by_form]


def end_of(town: Harness, mark: str) -> dict[str, Any]:
    """What is stored of one report and what left for it, without what is different each time."""
    dump = town.dump()
    [ticket] = [t for t in dump["tickets"] if mark in t["description"]]
    of_it = {"ticket_id": ticket["ticket_id"]}.items()
    told = [n for n in dump["notifications"] if of_it <= n.items()]
    return {
        "ticket": [ticket["status"], ticket["version"], len(ticket["attachments"])],
        "entries": [
            (e["kind"], e["text"].replace(mark, "")) for e in dump["entries"] if of_it <= e.items()
        ],
        "told": [(n["notice"], n["status"]) for n in told],
        "messages": len([m for m in dump["messages"] if of_it <= m.items()]),
        "left": len([s for s in town.outbox if ticket["ticket_id"] in s.subject + s.text]),
        "dead": dump["dead_letters"],
    }


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("way", WAYS)
def test_a_death_at_any_call_leaves_what_a_run_without_one_leaves(
    town: Harness, way: Callable[[Harness, str], Send], is_after: bool
) -> None:
    name = re.sub(r"\W|_", "", f"{way.__name__}{is_after}").lower()
    way(town, f"{name}whole")()
    recover(town)
    whole, deaths = end_of(town, f"{name}whole"), 0
    for at in range(1, LAST):
        send = way(town, f"{name}{at}x")
        try:
            with dying(at, is_after=is_after):
                send()
        except Died:
            deaths += 1
            town.restart()
            send()
        recover(town)
        assert end_of(town, f"{name}{at}x") == whole, f"after a death at call {at}"
    assert deaths >= 2, "there were calls to die at"
