"""Allowances: what a stranger may cause, how often, and what becomes of the rest; the one table of it.

Every number is a setting of the policy. Whatever counts takes its row from here by `leave`, so that what is
counted, where, for how long, and what happens over it, is said once. `docs/allowances.md` shows the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, get_args, get_type_hints

from chalicelib.messages import Channel
from chalicelib.tickets.model.fields import Administered, between
from chalicelib.tickets.model.records import Allowance

CITY = "city"
MOST = 1_000_000_000
Number = Annotated[int, between(0, MOST)]
Some = Annotated[int, between(1, MOST)]
Share = Annotated[int, between(1, 100)]
MORE_WITH_WORK = 5  # times as many, for browsers that worked
MANY = "many-messages"  # the tag of a ticket of very many, so that staff see it and a rule can watch for it


class Per(StrEnum):
    """Who or what is counted; the value begins the key of the count."""

    ADDRESS = "address"  # a mail address or a number
    DOMAIN = "domain"
    LINK = "link"
    NETWORK = "origin"
    KEY = "key"  # of a program, in one network
    CITY = CITY


class Then(StrEnum):
    """What becomes of what is over it. Nothing is ever thrown away, and what speaks of danger passes."""

    UNSENT = "unsent"  # written down as a message that was not sent
    WAITS = "waits"  # sent later, joined with what else waits
    MARKED = "marked"  # taken, with a tag for staff
    WORK = "work"  # taken once the browser has worked, or its visitor has waited for a minute
    BACK = "back"  # given back with all its words, to be sent later
    PERSON = "person"  # kept until a person has looked at it


_PERIODS = {
    "minute": ("%Y-%m-%dT%H:%M", timedelta(hours=1)),
    "hour": ("%Y-%m-%dT%H", timedelta(hours=2)),
    "day": ("%Y-%m-%d", timedelta(days=2)),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One allowance: so much of `what` in a period for each of `per`; `name` is its setting."""

    what: str
    per: Per
    period: str
    then: Then
    name: str = ""
    usual: int = 0

    @property
    def is_gate(self) -> bool:
        """Whether nothing is written over it, and the caller says so."""
        return self.then in (Then.WORK, Then.BACK, Then.PERSON)

    @property
    def is_shared(self) -> bool:
        """Whether others use it up, too: then nothing is learnt of a person from its being used up."""
        return self.per in (Per.NETWORK, Per.KEY, Per.CITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Administered):
    """The table. Messages to proven people stand in it where they are limited, too."""

    answers_per_address_an_hour: Annotated[
        Some, Row("automatic answers to a proven address", Per.ADDRESS, "hour", Then.UNSENT)
    ] = 5
    unproven_answers_a_day: Annotated[
        Number, Row("automatic answers to an unproven address", Per.ADDRESS, "day", Then.UNSENT)
    ] = 1
    danger_answers_an_hour: Annotated[
        Some,
        Row(
            "answers that say whom to call, to an unproven address",
            Per.ADDRESS,
            "hour",
            Then.UNSENT,
        ),
    ] = 1
    codes_a_day: Annotated[
        Some, Row("links and codes that confirm an address", Per.ADDRESS, "day", Then.BACK)
    ] = 3
    wrong_codes_a_day: Annotated[
        Some, Row("tries at the code of an address", Per.ADDRESS, "day", Then.BACK)
    ] = 10
    resets_a_day: Annotated[
        Some, Row("steps to a new staff password", Per.ADDRESS, "day", Then.BACK)
    ] = 15
    my_reports_a_day: Annotated[
        Some, Row("lists of one's reports, asked for by anybody", Per.ADDRESS, "day", Then.UNSENT)
    ] = 3
    many_reports_an_hour: Annotated[Some, Row("reports", Per.ADDRESS, "hour", Then.MARKED)] = 10
    answers_per_domain_an_hour: Annotated[
        Some, Row("automatic answers to one mail domain", Per.DOMAIN, "hour", Then.WAITS)
    ] = 3
    alike_mails_a_day: Annotated[
        Some, Row("mails that say the same, or speak of mail alone", Per.DOMAIN, "day", Then.PERSON)
    ] = 1
    additions_a_day: Annotated[Some, Row("additions to a report", Per.LINK, "day", Then.BACK)] = 30
    added_files_a_day: Annotated[
        Some, Row("files added to a report", Per.LINK, "day", Then.BACK)
    ] = 30
    network_reports_an_hour: Annotated[
        Some, Row("reports by form", Per.NETWORK, "hour", Then.WORK)
    ] = 120
    network_texts_an_hour: Annotated[
        Number, Row("texts to unproven numbers", Per.NETWORK, "hour", Then.UNSENT)
    ] = 20
    network_mails_an_hour: Annotated[
        Number, Row("mails to unproven addresses", Per.NETWORK, "hour", Then.UNSENT)
    ] = 120
    network_additions_an_hour: Annotated[
        Some, Row("additions to reports", Per.NETWORK, "hour", Then.BACK)
    ] = 120
    network_uploads_an_hour: Annotated[
        Some, Row("files, by form or straight to the store", Per.NETWORK, "hour", Then.BACK)
    ] = 240
    network_codes_an_hour: Annotated[
        Some, Row("requests for a link or a code", Per.NETWORK, "hour", Then.BACK)
    ] = 30
    network_wrong_codes_an_hour: Annotated[
        Some, Row("tries at codes", Per.NETWORK, "hour", Then.BACK)
    ] = 60
    network_sign_ins_an_hour: Annotated[
        Some, Row("tries of staff to sign in", Per.NETWORK, "hour", Then.BACK)
    ] = 300
    network_resets_an_hour: Annotated[
        Some, Row("steps to a new staff password", Per.NETWORK, "hour", Then.BACK)
    ] = 30
    network_my_reports_an_hour: Annotated[
        Some, Row("requests for a list of reports", Per.NETWORK, "hour", Then.BACK)
    ] = 30
    network_duty_alarms_an_hour: Annotated[
        Some, Row("calls of the officer on duty", Per.NETWORK, "hour", Then.WAITS)
    ] = 3
    wrong_links_a_minute: Annotated[
        Some, Row("wrong links, for the report as well", Per.NETWORK, "minute", Then.BACK)
    ] = 20
    key_reports_an_hour: Annotated[
        Some, Row("reports of one program", Per.KEY, "hour", Then.BACK)
    ] = 120
    city_texts_an_hour: Annotated[
        Number, Row("texts to unproven numbers", Per.CITY, "hour", Then.UNSENT)
    ] = 200
    city_texts_a_day: Annotated[
        Number, Row("texts to unproven numbers", Per.CITY, "day", Then.UNSENT)
    ] = 1_000
    city_danger_texts_an_hour: Annotated[
        Number,
        Row("texts to unproven numbers that say whom to call", Per.CITY, "hour", Then.UNSENT),
    ] = 500
    city_mails_an_hour: Annotated[
        Number, Row("mails to unproven addresses", Per.CITY, "hour", Then.UNSENT)
    ] = 5_000
    city_my_reports_an_hour: Annotated[
        Some, Row("requests for a list of reports", Per.CITY, "hour", Then.UNSENT)
    ] = 300
    city_reports_an_hour: Annotated[
        Some, Row("reports by form from browsers that did no work", Per.CITY, "hour", Then.WORK)
    ] = 6_000
    city_uploads_an_hour: Annotated[
        Some, Row("files, by form or straight to the store", Per.CITY, "hour", Then.BACK)
    ] = 12_000
    city_wrong_codes_an_hour: Annotated[
        Some, Row("tries at codes", Per.CITY, "hour", Then.BACK)
    ] = 1_000


def _rows() -> Iterator[Row]:
    """The rows as they are written beside each number, with its name and what is usual."""
    usual = Limits()
    for name, hint in get_type_hints(Limits, include_extras=True).items():
        row = next((each for each in get_args(hint) if isinstance(each, Row)), None)
        if row:
            yield replace(row, name=name, usual=getattr(usual, name))


ROWS = {row.name: row for row in _rows()}


def leave(
    name: str,
    policy: Limits,
    now: datetime,
    of: str = "",
    *,
    channel: Channel = Channel.WEB,
    kind: str = "",
    times: int = 1,
    whose: str = "",
) -> Allowance:
    """One of row `name`, taken by whoever `of` names: counted in the write that brings it.

    What is of another `kind` is counted apart, `times` as many of it. `whose` is the key of the person
    whose messages are counted for somebody else: a network, or the city.
    """
    row = ROWS[name]
    stamp, life = _PERIODS[row.period]
    return Allowance(
        key=of if row.per is Per.ADDRESS else ":".join(filter(None, (row.per, of))),
        channel=channel,
        bucket=f"{name}{kind and '.'}{kind}:{now.strftime(stamp)}",
        limit=times * int(getattr(policy, name)),
        expires_at=now + life,
        holds=row.then is Then.WAITS,
        tag=MANY if row.then is Then.MARKED else "",
        is_gate=row.is_gate,
        whose=whose,
    )


def percent(name: str, taken: int, policy: Limits) -> int:
    """How much of an allowance is taken, of a hundred; what allows nothing is not taken."""
    most = int(getattr(policy, name))
    return 100 * taken // most if most else 0


def current_row(bucket: str, now: datetime) -> Row | None:
    """The row that a bucket counts for at this very moment; None for a bucket of another period."""
    row = row_of(bucket)
    is_now = row and bucket.partition(":")[2].partition("#")[0] == now.strftime(
        _PERIODS[row.period][0]
    )
    return row if is_now else None


def row_of(bucket: str) -> Row | None:
    """The row that a bucket counts for; None for one that is not of the table."""
    return ROWS.get(bucket.partition(":")[0].partition(".")[0])
