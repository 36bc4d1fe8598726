"""Text messages through SNS, both ways; the only module of this channel that meets AWS."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from chalicelib.channels.sms.numbers import is_allowed
from chalicelib.channels.sms.segments import fit, segments
from chalicelib.errors import (
    PermanentSendError,
    SendError,
    TransientSendError,
    UnknownSendError,
)
from chalicelib.messages import DeliveryReceipt, InboundMessage, OutboundMessage

# Imported where used: sending needs no reader, reading no client; either saves 10 to 30 ms.

SEGMENT_LIMIT = 2
_REFUSED = frozenset(
    {
        "InvalidParameter",
        "InvalidParameterValue",
        "ParameterValueInvalid",
        "ValidationException",
        "ValidationError",
        "EndpointDisabled",
        "PlatformApplicationDisabled",
        "UserError",
    }
)


class SnsClient(Protocol):
    """The one call of SNS that sending needs."""

    def publish(self, **arguments: Any) -> dict[str, Any]:
        """Publish to one telephone number."""
        ...


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


@dataclass(frozen=True, slots=True)
class SnsSender:
    """Sends one text in one attempt, to allowed countries only, in at most `segment_limit` segments
    (see `fit`).

    `client` gives the client, which must be built with a single attempt.
    """

    client: Callable[[], SnsClient]
    countries: Collection[str]
    origination: str = ""
    segment_limit: int = SEGMENT_LIMIT

    def cost(self, message: OutboundMessage) -> int:
        """The segments of the text as it will leave."""
        return segments(fit(message.text, self.segment_limit)).count

    def send(self, message: OutboundMessage) -> str:
        """Send and return SNS's message id; see `ports.Sender` for what is raised."""
        request = self._request(message)
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self.client().publish(**request)
        except (BotoCoreError, ClientError) as error:
            raise _translated(error) from error
        return str(answer["MessageId"])

    def _request(self, message: OutboundMessage) -> dict[str, Any]:
        number = message.recipient.phone
        if not number:
            raise PermanentSendError("The recipient has no telephone number.")
        if not is_allowed(number, self.countries):
            raise PermanentSendError(
                f"Texts go to {', '.join(self.countries)} only; add the country to SMS_COUNTRIES."
            )
        return {
            "PhoneNumber": number,
            "Message": fit(message.text, self.segment_limit),
            "MessageAttributes": self._attributes(),
        }

    def _attributes(self) -> dict[str, dict[str, str]]:
        values = {"AWS.SNS.SMS.SMSType": "Transactional"}
        if self.origination:
            is_number = self.origination.lstrip("+").isdigit()
            name = "AWS.MM.SMS.OriginationNumber" if is_number else "AWS.SNS.SMS.SenderID"
            values[name] = self.origination
        return {
            name: {"DataType": "String", "StringValue": value} for name, value in values.items()
        }


def _translated(error: Exception) -> SendError:
    """One of our three words for what botocore raised."""
    from botocore import exceptions

    # Nothing was said yet when the connection could not be made; after that, nobody knows.
    unsent = (
        exceptions.EndpointConnectionError,
        exceptions.ConnectTimeoutError,
        exceptions.ProxyConnectionError,
        exceptions.NoCredentialsError,
        exceptions.ParamValidationError,
    )
    if not isinstance(error, exceptions.ClientError):
        kind = TransientSendError if isinstance(error, unsent) else UnknownSendError
        return kind(f"SNS gave no answer: {type(error).__name__}.")
    code = str(error.response.get("Error", {}).get("Code", ""))
    words = str(error.response.get("Error", {}).get("Message", ""))
    if "OptedOut" in code or "opted out" in words.lower():
        return PermanentSendError("The number has opted out at the carrier.", suppressed=True)
    if code in _REFUSED:
        return PermanentSendError(f"SNS refused the text ({code}).")
    return TransientSendError(f"SNS did not take the text ({code}).")
