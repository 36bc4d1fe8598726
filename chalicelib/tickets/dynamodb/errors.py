"""What DynamoDB's refusals mean; the foreign error stays the `__cause__`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from chalicelib.errors import StoreBusy

CONDITION = "ConditionalCheckFailed"
CONDITION_ERROR = "ConditionalCheckFailedException"
CANCELED = "TransactionCanceledException"
PASSING = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
LOST_ANSWERS = (ConnectionError, HTTPClientError)


def code_of(error: ClientError) -> str:
    """DynamoDB's name for what went wrong."""
    return str(error.response.get("Error", {}).get("Code", ""))


def reasons_of(error: ClientError) -> Sequence[Mapping[str, Any]]:
    """Why a transaction was cancelled, one reason per item; empty for other errors."""
    return error.response.get("CancellationReasons") or ()


def is_passing(error: Exception) -> bool:
    """Whether the same request may succeed in a moment."""
    if isinstance(error, LOST_ANSWERS):
        return True
    if not isinstance(error, ClientError):
        return False
    codes = {str(reason.get("Code")) for reason in reasons_of(error)} - {"None"}
    return (codes or {code_of(error)}) <= PASSING


def busy(error: Exception) -> StoreBusy:
    """The error for a caller who may come back."""
    return StoreBusy(f"The store did not take the request ({type(error).__name__}); try again.")
