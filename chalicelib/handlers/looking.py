"""Who opens very many tickets, or takes out very many files, within an hour; hinders nobody.

That is told to the log and as a metric.

Counted in the memory of one running function: a count in the table would cost a write for each look.
Somebody whose requests are spread over several of them is told later, never counted twice.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from chalicelib import logs, metrics

MANY = 120  # in an hour: a clerk who does nothing but open the next one each half minute
log = logs.Log(__name__)
_opened: Counter[tuple[str, str]] = Counter()


def looked(person: str, now: datetime) -> None:
    """Somebody opened a ticket or took out what citizens gave; told whenever `MANY` are full in an hour."""
    hour = now.isoformat()[:13]
    for known in [key for key in _opened if key[1] != hour]:
        del _opened[known]
    _opened[person, hour] += 1
    if _opened[person, hour] % MANY == 0:
        metrics.put(metrics.Metric.MASS_READING)
        log.warning("very much was opened or taken out", person=person, count=_opened[person, hour])
