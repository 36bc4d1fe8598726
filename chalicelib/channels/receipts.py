"""What any provider reports about a message that left, as neutral receipts; knows no client."""

from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.channels.email.envelopes import unwrap
from chalicelib.messages import DeliveryReceipt

# Imported where used: a receipt is of mail or of a text, and each reader takes up to 30 ms.


def parse_receipts(body: str) -> list[DeliveryReceipt]:
    """The receipts in an SQS message of the receipts queue, whichever service wrote it.

    None for what says nothing about delivery. Raises `InvalidMessage` for what is no report at all.
    """
    from chalicelib.channels.sms.receipts import is_receipt

    payload = unwrap(body)
    if payload is None:
        return []
    if is_receipt(payload):
        from chalicelib.channels.sms.inbound import open_envelope
        from chalicelib.channels.sms.receipts import read_receipts

        envelope = open_envelope(body, datetime.now(UTC))
        return read_receipts(payload, envelope.at)
    from chalicelib.channels.email.receipts import parse_receipt

    return parse_receipt(body)
