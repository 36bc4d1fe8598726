"""Our own metrics, as lines of CloudWatch's embedded metric format: no call to AWS, and nobody's words.

A number is told where it is known anyway. Outside of Lambda nobody listens.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from enum import StrEnum


class Metric(StrEnum):
    """What we count ourselves. Dashboards and alarms name these, which a test holds."""

    OLDEST_UNSENT = (
        "OldestUnsent"  # how long ago the most overdue one should have left, its grace left out
    )
    INTAKE_TO_SENT = "IntakeToSent"  # from being written down to being taken by the provider
    MESSAGES_GIVEN_UP = (
        "MessagesGivenUp"  # failed, perhaps sent, too old: not known to have arrived
    )
    RECEIPTS_SEEN = "ReceiptsSeen"
    TEXTS_REFUSED = "TextsRefused"  # by the provider at once, or by its receipt
    TEXT_SEGMENTS = "TextSegments"
    TEXT_COST = "TextCost"  # segments at the city's price, in the city's currency
    TEXT_CAP_REACHED = "TextCapReached"
    PURSE_SHARE = (
        "PurseShare"  # percent used of what strangers may cause in the whole city, where it is much
    )
    SENDING_HELD = "SendingHeld"  # the account may not send mail
    ERRORS_LOGGED = "ErrorsLogged"
    LOST_MAIL = "LostMail"  # a mail in the bucket that nobody had handled
    REFUSED_ACCESS = "RefusedAccess"  # a door that stayed shut, a token or a key that is none
    WRONG_SIGN_INS = "WrongSignIns"  # a password or a code was wrong
    WRONG_CODES = "WrongCodes"  # a citizen's code was wrong, or came after the last try
    MASS_READING = "MassReading"  # one person opened or took out very much within an hour
    INBOUND_FAILING = "InboundFailing"  # a received message failed for the fifth time, or again


_SECONDS = frozenset({Metric.OLDEST_UNSENT, Metric.INTAKE_TO_SENT})
_WITHOUT_UNIT = frozenset({Metric.TEXT_COST})


def put(metric: Metric, value: float = 1) -> None:
    """Tell CloudWatch one value of `metric`, for the whole stage."""
    for listener in LISTENERS:
        listener(_line(metric, value))


def _line(metric: Metric, value: float) -> str:
    told = {
        "Namespace": f"Civicline/{os.environ.get('STAGE', 'dev')}",
        "Dimensions": [[]],
        "Metrics": [{"Name": metric, "Unit": _unit(metric)}],
    }
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [told]}
    return json.dumps({"_aws": about, metric: value})


def _unit(metric: Metric) -> str:
    if metric in _SECONDS:
        return "Seconds"
    return "None" if metric in _WITHOUT_UNIT else "Count"


def _write(line: str) -> None:
    """To standard output as it is: what goes through a logger, the runtime would wrap."""
    sys.stdout.write(f"{line}\n")


LISTENERS: list[Callable[[str], None]] = (
    [_write] if "AWS_LAMBDA_FUNCTION_NAME" in os.environ else []
)
