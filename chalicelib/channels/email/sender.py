"""Sends one message through SES, in one attempt; translates its refusals into ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from chalicelib import logs, metrics
from chalicelib.channels.email.composing import compose
from chalicelib.errors import PermanentSendError, SendError, TransientSendError, UnknownSendError
from chalicelib.messages import OutboundMessage
from chalicelib.metrics import Metric

# Imported where used: botocore comes with the first client, not before it.

log = logs.Log(__name__)

# Certainly not sent, and worth another try: throttled, over quota, paused, not yet set up.
_TRANSIENT = frozenset(
    {
        "AccountSendingPausedException",
        "AccountSuspendedException",
        "ConfigurationSetSendingPausedException",
        "ConcurrentModificationException",
        "LimitExceededException",
        "MailFromDomainNotVerifiedException",
        "RequestLimitExceeded",
        "SendingPausedException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_STOPPED = frozenset(
    {
        "AccountSendingPausedException",
        "AccountSuspendedException",
        "ConfigurationSetSendingPausedException",
        "SendingPausedException",
    }
)
_UNKNOWN = frozenset(
    {"InternalFailure", "InternalServiceError", "InternalServerError", "RequestTimeout"}
)
_TAG = re.compile(r"[^A-Za-z0-9_.@-]")


class SesSender:
    """Satisfies `Sender`. `client` gives an SESv2 client built for a single attempt.

    `region` decides the domain of SES's message ids, which replies are threaded by. `pace` returns
    when the next mail may leave, and is told whether it `is_broadcast`.
    """

    def __init__(
        self,
        client: Callable[[], Any],
        *,
        sender_name: str,
        sender_address: str,
        region: str,
        configuration_set: str = "",
        pace: Callable[..., None] = lambda **_: None,
    ) -> None:
        self._client = client
        self._pace = pace
        self._sender_name = sender_name
        self._sender_address = sender_address
        self._id_domain = (
            "email.amazonses.com" if region == "us-east-1" else f"{region}.amazonses.com"
        )
        self._options = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def cost(self, _message: OutboundMessage) -> int:
        """Nothing: mails are not billed by segments."""
        return 0

    def send(self, message: OutboundMessage) -> str:
        """Send and return SES's message id. Raises the three kinds of `SendError`."""
        from botocore.exceptions import BotoCoreError, ClientError

        raw = self._compose(message)
        self._pace(is_broadcast=message.is_broadcast)
        try:
            answer = self._client().send_email(
                FromEmailAddress=self._sender_address,
                Destination={"ToAddresses": [message.recipient.email]},
                Content={"Raw": {"Data": raw}},
                EmailTags=_tags(message),
                **self._options,
            )
        except (ClientError, BotoCoreError) as error:
            raise _translated(error) from error
        return str(answer["MessageId"])

    def _compose(self, message: OutboundMessage) -> bytes:
        try:
            return compose(
                message,
                sender_name=self._sender_name,
                sender_address=self._sender_address,
                id_domain=self._id_domain,
            )
        except ValueError as error:
            raise PermanentSendError(str(error)) from error


def _tags(message: OutboundMessage) -> list[dict[str, str]]:
    tags = {"notification_id": message.notification_id, **message.tags}
    return [
        {"Name": _TAG.sub("_", name)[:256], "Value": _TAG.sub("_", value)[:256]}
        for name, value in tags.items()
        if name and value
    ][:50]


def _translated(error: Exception) -> SendError:
    """The family of a botocore error; whatever is not known to be unsent or refused is unknown."""
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        return _refusal(error.response)
    if isinstance(error, exceptions.ParamValidationError):
        return PermanentSendError("SES would not take this request; its values have a wrong form.")
    unsent = (
        exceptions.ConnectTimeoutError,
        exceptions.EndpointConnectionError,
        exceptions.NoCredentialsError,
        exceptions.ProxyConnectionError,
        exceptions.SSLError,
    )
    if isinstance(error, unsent):
        return TransientSendError("SES could not be reached; nothing was sent, try again.")
    return UnknownSendError("SES did not answer; the message was perhaps sent.")


def _refusal(response: Any) -> SendError:
    code = str(response.get("Error", {}).get("Code", ""))
    text = str(response.get("Error", {}).get("Message", "")).lower()
    if code in _STOPPED or "daily message quota" in text:
        log.error("the account may not send", code=code)
        metrics.put(Metric.SENDING_HELD)
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400))
    if code in _TRANSIENT or status in (429, 503):
        return TransientSendError(f"SES refused for now ({code}); try again.")
    if code in _UNKNOWN or status >= 500:
        return UnknownSendError(
            f"SES failed while it worked ({code}); the message was perhaps sent."
        )
    return PermanentSendError(f"SES refused this message ({code}).", suppressed="suppress" in text)
