"""What both ways of sending a text share: whom it may go to, what it costs, what a refusal means."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from chalicelib.channels.sms.numbers import is_allowed, is_costly
from chalicelib.channels.sms.segments import fit, segments
from chalicelib.errors import (
    PermanentSendError,
    SendError,
    TransientSendError,
    UnknownSendError,
)
from chalicelib.messages import OutboundMessage

# Imported where used: the SDK comes with the first client, not before it.

SEGMENT_LIMIT = 2
INDIA = "+91"
_REFUSED = frozenset(
    {
        "ConflictException",
        "EndpointDisabled",
        "InvalidParameter",
        "InvalidParameterValue",
        "ParameterValueInvalid",
        "PlatformApplicationDisabled",
        "UserError",
        "ValidationError",
        "ValidationException",
    }
)


def _at_once(_count: int) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the city set for its texts; what is empty or 0 is not said.

    `origination` is a number, a pool or a sender's name. `max_price` is in dollars a message, all its
    parts. India asks for the two ids under which the city and its words are registered.
    """

    countries: Collection[str]
    origination: str = ""
    max_price: str = ""
    india_entity_id: str = ""
    india_template_id: str = ""
    segment_limit: int = SEGMENT_LIMIT


@dataclass(frozen=True, slots=True)
class TextSender:
    """Sends one text in one attempt, to allowed countries only, in at most `segment_limit` segments
    (see `fit`).

    `client` gives the client, which must be built with a single attempt; `pace` returns when so many
    segments may leave.
    """

    client: Callable[[], Any]
    terms: Terms
    pace: Callable[[int], None] = _at_once

    def cost(self, message: OutboundMessage) -> int:
        """The segments of the text as it will leave."""
        return segments(fit(message.text, self.terms.segment_limit)).count

    def send(self, message: OutboundMessage) -> str:
        """Send and return the provider's message id; see `ports.Sender` for what is raised."""
        number = self._number(message)
        text = fit(message.text, self.terms.segment_limit)
        self.pace(segments(text).count)
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self._sent(number, text, message)
        except (BotoCoreError, ClientError) as error:
            raise _translated(error) from error

    def _sent(self, number: str, text: str, message: OutboundMessage) -> str:
        """Make the one call; the provider's id."""
        raise NotImplementedError

    def _number(self, message: OutboundMessage) -> str:
        number = message.recipient.phone
        if not number:
            raise PermanentSendError("The recipient has no telephone number.")
        if not is_allowed(number, self.terms.countries):
            raise PermanentSendError(
                f"Texts go to {', '.join(self.terms.countries)} only; "
                "add the country to SMS_COUNTRIES."
            )
        if is_costly(number):
            raise PermanentSendError("Numbers of this range cost too much and are never texted.")
        return number

    def _india(self, number: str) -> tuple[str, str]:
        """The ids of the city and of its words, where the country asks for them."""
        if not number.startswith(INDIA):
            return "", ""
        return self.terms.india_entity_id, self.terms.india_template_id


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
        return kind(f"The provider of texts gave no answer: {type(error).__name__}.")
    code = str(error.response.get("Error", {}).get("Code", ""))
    if _is_opted_out(error, code):
        return PermanentSendError("The number has opted out at the carrier.", suppressed=True)
    if code in _REFUSED:
        return PermanentSendError(f"The provider refused the text ({code}).")
    return TransientSendError(f"The provider did not take the text ({code}).")


def _is_opted_out(error: Any, code: str) -> bool:
    words = str(error.response.get("Error", {}).get("Message", ""))
    reason = str(error.response.get("Reason", ""))
    return "OptedOut" in code or "OPTED_OUT" in reason or "opted out" in words.lower()
