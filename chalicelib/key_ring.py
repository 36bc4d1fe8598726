"""The signing keys at AWS Secrets Manager: read for signing, renewed on time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import logs
from chalicelib.errors import ConfigurationError
from chalicelib.rotation import rotated
from chalicelib.signing import Signer

log = logs.Log(__name__)

LIVE = 900.0  # seconds that a process may go on with what it read
AGAIN = 60.0  # after which it asks once more when it could not read


class KeyRing:
    """The secret `name`. `ticks` are seconds that only go on."""

    def __init__(self, client: Any, name: str, ticks: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._name = name
        self._ticks = ticks
        self._signer: Signer | None = None
        self._asks_at = 0.0

    def signer(self) -> Signer:
        """Signs with the keys as they were at most `LIVE` seconds ago, or longer while they cannot be read.

        Raises `ConfigurationError`.
        """
        if self._signer is None:
            self._signer, self._asks_at = self._read(), self._ticks() + LIVE
        elif self._ticks() >= self._asks_at:
            self._refresh()
        return self._signer

    def rotate(self, now: datetime) -> bool:
        """Do what is due at `now`; whether anything was.

        Of two that do so at once the later wins; what the other made has signed nothing yet, because a new
        key is only known for its first day.
        """
        before = self._document()
        after = rotated(before, now)
        if after == before:
            return False
        self._client.put_secret_value(SecretId=self._name, SecretString=json.dumps(after))
        log.info("signing keys renewed", count=len(after.keys() - before.keys()))
        return True

    def _refresh(self) -> None:
        self._asks_at = self._ticks() + AGAIN
        try:
            self._signer, self._asks_at = self._read(), self._ticks() + LIVE
        except (BotoCoreError, ClientError) as error:
            log.failure("signing keys could not be read again", error)

    def _read(self) -> Signer:
        try:
            return Signer.read(self._document())
        except (KeyError, ValueError) as error:
            raise ConfigurationError(
                f"The secret {self._name} must hold JSON with `current` and the key it names."
            ) from error

    def _document(self) -> dict[str, str]:
        answer = self._client.get_secret_value(SecretId=self._name)
        return dict(json.loads(answer["SecretString"]))
