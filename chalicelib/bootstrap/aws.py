"""Clients of AWS: one session, and what botocore has to know of the calls that we make."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

# Imported where used: the SDK takes 90 ms and more, a page that asks nothing needs none.

# Written by `infra/models.py`.
SDK_MODELS = Path(__file__).parent / "models"
SERVICES = sorted(path.name for path in SDK_MODELS.iterdir())
# Senders make one attempt: the SDK's own retry after a lost answer sends twice.
_SINGLE_ATTEMPT = ("sesv2", "sns", "pinpoint-sms-voice-v2")


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
    return session().client(name, config=config)


@lru_cache(maxsize=1)
def session() -> Any:
    """The one boto3 session of this process."""
    import botocore.session
    from boto3 import Session
    from botocore.loaders import Loader

    class OwnModels(Loader):  # type: ignore[misc]
        """Reads our models first, and walks through no folder of 400 services to know them."""

        def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - its shape
            return SERVICES

    core = botocore.session.get_session()
    core.register_component("data_loader", OwnModels([str(SDK_MODELS)]))
    return Session(botocore_session=core)
