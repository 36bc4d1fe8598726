"""The one place where real things are chosen: settings in, services out, each built when first used."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from chalicelib.bootstrap.aws import SDK_MODELS, make_client, session
from chalicelib.bootstrap.outgoing import Services
from chalicelib.bootstrap.stores import KeySource
from chalicelib.config import Settings
from chalicelib.tickets.ports import Clock

if TYPE_CHECKING:
    from chalicelib.notifications.sending.callbacks import Post

__all__ = ["SDK_MODELS", "Services", "make_client", "services"]


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)


_clock: Clock = SystemClock()
_post: Post | None = None
_key_source: KeySource | None = None


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process. Raises `ConfigurationError` naming what is missing."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
    settings = Settings.from_environ(os.environ)
    return Services(settings, make_client, _clock, region, post=_post, key_source=_key_source)


def set_post(post: Post | None) -> None:
    """Let another function make the HTTPS requests of callbacks; for the town and for trials."""
    global _post  # noqa: PLW0603 - as above
    _post = post
    services.cache_clear()


def set_clock(clock: Clock) -> None:
    """Let another clock say what time it is; for the town and for trials."""
    global _clock  # noqa: PLW0603 - the composition root is the one place with a process-wide choice
    _clock = clock
    services.cache_clear()


def set_key_source(fetch: KeySource | None) -> None:
    """Let another function give the user pool's key set for an issuer's address; for the town."""
    global _key_source  # noqa: PLW0603 - as above
    _key_source = fetch
    services.cache_clear()


def forget() -> None:
    """Drop every service and client of this process, as a fresh one would find it."""
    services.cache_clear()
    session.cache_clear()
