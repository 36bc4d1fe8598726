"""What any provider reports about a message that left, as neutral receipts; knows no client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.channels.email.envelopes import unwrap
from chalicelib.messages import DeliveryReceipt

# Imported where used: a receipt is of mail or of a text, and each reader takes up to 30 ms.


def parse_receipts(body: str, log_group: str = "") -> list[DeliveryReceipt]:
    """The receipts in an SQS message of the receipts queue, whichever service wrote it.

    A batch of `log_group` that its own function could not hand on, and that came back from the dead
    letters, is read here. None for what says nothing about delivery. Raises `InvalidMessage` for what
    is no report at all.
    """
    from chalicelib.channels.sms.receipts import is_receipt

    payload = unwrap(body)
    if payload is None:
        return []
    batch = payload.get("requestPayload")
    if isinstance(batch, dict) and "awslogs" in batch:
        return _undelivered(batch, log_group)
    if is_receipt(payload):
        from chalicelib.channels.sms.inbound import open_envelope
        from chalicelib.channels.sms.receipts import read_receipts

        envelope = open_envelope(body, datetime.now(UTC))
        return read_receipts(payload, envelope.at)
    from chalicelib.channels.email.receipts import parse_receipt

    return parse_receipt(body)


def _undelivered(batch: Mapping[str, Any], log_group: str) -> list[DeliveryReceipt]:
    from chalicelib.channels.sms.delivery_log import open_batch
    from chalicelib.channels.sms.receipts import read_receipts

    now = datetime.now(UTC)
    return [r for record in open_batch(batch, log_group) for r in read_receipts(record, now)]
