"""What stops a command of `make`, as one sentence instead of a traceback."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)
from botocore.exceptions import ConnectionError as Unreachable

from infra.stacks import DeployError

_NOBODY = (
    CredentialRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)
_EXPIRED = ("ExpiredToken", "InvalidClientTokenId", "RequestExpired", "UnrecognizedClientException")
_WHO = (
    "AWS does not know who asks ({}). Sign in (aws configure, or AWS_PROFILE), then run it again."
)
_AGAIN = "Nothing is lost: run it again."


def plainly(command: Callable[..., int]) -> Callable[..., int]:
    """`command` with every refusal of AWS told in a sentence, and 1 for the shell."""

    @functools.wraps(command)
    def told(arguments: list[str] | None = None) -> int:
        try:
            return command(arguments)
        except (DeployError, BotoCoreError, ClientError) as error:
            sys.stderr.write(f"{sentence(error)}\n")
        except KeyboardInterrupt:
            sys.stderr.write(f"Stopped. What AWS has begun goes on. {_AGAIN}\n")
        return 1

    return told


def sentence(error: Exception) -> str:
    """What went wrong and what to do about it."""
    if isinstance(error, ClientError):
        return _refusal(error)
    if isinstance(error, _NOBODY):
        return _WHO.format(error)
    if isinstance(error, DeployError):
        return str(error)
    told = " ".join(str(error).split())
    if isinstance(error, (Unreachable, HTTPClientError)):
        return f"AWS was not reached: {told} {_AGAIN}"
    return told


def _refusal(error: ClientError) -> str:
    told = error.response["Error"]
    message = " ".join(str(told.get("Message", "")).split()) or "no reason given"
    if told.get("Code") in _EXPIRED:
        return _WHO.format(message)
    return f"AWS refuses {error.operation_name} ({told.get('Code')}): {message}"
