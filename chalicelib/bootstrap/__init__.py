"""The one place where real things are chosen: settings in, services out, each built when first used."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.bootstrap.outgoing import DELIVERY_WORKERS, Services
from chalicelib.bootstrap.stores import KeySource
from chalicelib.config import Settings
from chalicelib.tickets.ports import Clock

if TYPE_CHECKING:
    from chalicelib.notifications.sending.callbacks import Post

# Imported where used: the SDK takes 90 ms and more, a page that asks nothing needs none.

__all__ = ["DELIVERY_WORKERS", "Services", "services"]

# What botocore has to know of the calls that we make (`infra/models.py`).
SDK_MODELS = Path(__file__).parent / "models"
# Senders make one attempt: the SDK's own retry after a lost answer sends twice.
_SINGLE_ATTEMPT = ("sesv2", "sns")


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)


def make_client(name: str) -> Any:
    """A boto3 client, from the one session of this process."""
    from botocore.config import Config

    attempts = 1 if name in _SINGLE_ATTEMPT else 3
    config = Config(
        retries={"total_max_attempts": attempts, "mode": "standard"},
        # What botocore would work out anew for every call, a sixth of an item's CPU together.
        user_agent="civicline",
        parameter_validation=False,
        account_id_endpoint_mode="disabled",
        disable_request_compression=True,
        # What a browser posts by a signed form is kept encrypted, which older signatures cannot ask for.
        signature_version="s3v4" if name == "s3" else None,
        # A link to a file names the bucket's own region: the global name leads there only after hours.
        s3={"addressing_style": "virtual"},
        connect_timeout=3,
        read_timeout=10,
    )
    return _session().client(name, config=config)


@lru_cache(maxsize=1)
def _session() -> Any:
    import botocore.session
    from boto3 import Session

    core = botocore.session.get_session()
    core.set_config_variable("data_path", str(SDK_MODELS))
    return Session(botocore_session=core)


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
    _session.cache_clear()
