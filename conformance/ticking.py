"""The whole list of boxes, and how each is ticked; knows no rule of the standard."""

from __future__ import annotations

from collections.abc import Iterator

from conformance import discovery, errors, extensions, posting, requests, rules, services
from conformance.boxes import BOXES, Box, Failed, NotApplicable, Tick, Verdict
from conformance.endpoint import Endpoint

ORDER = (rules, discovery, services, posting, requests, errors, extensions)


def all_boxes() -> list[Box]:
    """Every box, in the order of the standard."""
    places = {module.__name__: place for place, module in enumerate(ORDER)}
    return sorted(BOXES, key=lambda each: places[each.check.__module__])


def tick(endpoint: Endpoint) -> Iterator[Tick]:
    """Every box with what came of it. Raises `OSError` when nobody answers."""
    for each in all_boxes():
        yield _tick(each, endpoint)


def _tick(each: Box, endpoint: Endpoint) -> Tick:
    if each.writes and not endpoint.key:
        return Tick(each, Verdict.NOT_APPLICABLE, came="no key was given, so nothing is posted")
    try:
        each.check(endpoint)
    except NotApplicable as reason:
        return Tick(each, Verdict.NOT_APPLICABLE, came=str(reason))
    except Failed as failure:
        return Tick(each, Verdict.FAIL, failure.expected, failure.came)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        expected = "an answer in the shape that the standard gives it"
        return Tick(each, Verdict.FAIL, expected, f"{type(error).__name__}: {error}")
    return Tick(each, Verdict.PASS)
