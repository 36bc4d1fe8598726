"""Text messages that come in, and what is reported about those that left; knows no client."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from chalicelib.messages import DeliveryReceipt, InboundMessage

# Imported where used: the reader of texts is not needed for reports; either takes 10 to 30 ms.


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _no_reference(_text: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class TextDoor:
    """Reads what comes in from the two-way number and from the delivery reports.

    The first of `countries` is the one whose national spelling a number may have; `own_numbers`
    never count as senders. `now` dates what carries no time of its own; `find_reference` finds the
    ticket that a text names, which proves nothing.
    """

    countries: Sequence[str] = ("US",)
    own_numbers: Collection[str] = ()
    now: Callable[[], datetime] = _utc_now
    find_reference: Callable[[str], str | None] = _no_reference

    def parse(self, body: str) -> InboundMessage | None:
        """The text message in a queue record, wrapped by SNS or raw; None for what is no message.

        Never raises: what cannot be read comes back with nature `UNREADABLE`.
        """
        from chalicelib.channels.sms.inbound import open_envelope, read_text
        from chalicelib.channels.sms.receipts import is_receipt

        envelope = open_envelope(body, self.now())
        event = envelope.event
        if event is not None and (is_receipt(event) or "SubscribeURL" in event):
            return None
        region = next(iter(self.countries), "US")
        message = read_text(envelope, body, region, self.own_numbers)
        return replace(message, claimed_ticket_id=self.find_reference(message.full_text))

    def parse_receipt(self, body: str) -> list[DeliveryReceipt]:
        """The delivery reports in a queue record; empty for anything else."""
        from chalicelib.channels.sms.inbound import open_envelope
        from chalicelib.channels.sms.receipts import read_receipts

        envelope = open_envelope(body, self.now())
        return read_receipts(envelope.event, envelope.at) if envelope.event else []
