"""What SES lets the account send, as SES says it."""

from __future__ import annotations

from typing import Any

from chalicelib import logs
from chalicelib.channels.pacing import Quota

# Imported where used: botocore comes with the first client, not before it.

log = logs.Log(__name__)


def sending_quota(client: Any) -> Quota | None:
    """The quota that an SESv2 client is told; None when it is not."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = client.get_account()["SendQuota"]
    except (BotoCoreError, ClientError, KeyError, NotImplementedError):
        log.warning("the sending quota cannot be read")
        return None
    return Quota(found["MaxSendRate"], found["Max24HourSend"], found["SentLast24Hours"])
