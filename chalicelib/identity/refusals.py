"""What the user pool refuses, in our own words."""

from __future__ import annotations

from botocore.exceptions import ClientError

from chalicelib.errors import InvalidRequest, NotSignedIn, StoreBusy

_BAD_PASSWORDS = ("InvalidPasswordException", "PasswordHistoryPolicyViolationException")
_REFUSALS = (
    "NotAuthorizedException",
    "UserNotFoundException",
    "UserNotConfirmedException",
    "PasswordResetRequiredException",
    "CodeMismatchException",
    "ExpiredCodeException",
    "InvalidParameterException",
    "ResourceNotFoundException",
    "EnableSoftwareTokenMFAException",
    "LimitExceededException",
    "TooManyFailedAttemptsException",
    "CodeDeliveryFailureException",
    "UnauthorizedException",
    "UnsupportedTokenTypeException",
)
_BUSY = ("TooManyRequestsException", "InternalErrorException")


def translated(error: ClientError) -> Exception:
    """What to raise for a refused call: the same for all that a stranger could learn from."""
    code = error.response["Error"]["Code"]
    if code in _BUSY:
        return StoreBusy("The user pool is busy; wait a moment and try again.")
    if code in _BAD_PASSWORDS:
        return InvalidRequest("The new password was refused.", {"answer": "Choose a longer one."})
    if code not in _REFUSALS:
        return RuntimeError(f"The user pool refused a call with {code}.")
    return NotSignedIn("Name, password or code is wrong, or the sign-in is over; try again.")
