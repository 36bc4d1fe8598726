"""moto's account as it stood at one moment, brought back in a tenth of the time that building it takes."""

from __future__ import annotations

import io
import pickle
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from moto.core.base_backend import BackendDict
from moto.dynamodb.models.dynamo_type import LimitedSizeDict

# What cannot be copied; all copies share it.
SHARED = (BackendDict, RSAPrivateKey, type(threading.Lock()), type(threading.RLock()))
NOT_KEPT = {"cloudformation"}  # nobody asks any more what it built


@dataclass(frozen=True)
class Account:
    """A copy that no later call changes. Made by `keep`."""

    image: bytes
    shared: list[Any]

    def restore(self) -> None:
        """Put a fresh copy in place of what moto holds."""
        BackendDict.reset()
        reader = pickle.Unpickler(io.BytesIO(self.image))
        reader.persistent_load = self.shared.__getitem__
        for backends, accounts in reader.load():
            backends.update(accounts)
            BackendDict._instances.append(backends)


def keep() -> Account:
    """Everything that moto holds now."""
    image, shared = io.BytesIO(), list[Any]()
    kept = [b for b in BackendDict._instances if b.service_name not in NOT_KEPT]
    _Writer(image, shared).dump([(backends, dict(backends)) for backends in kept])
    return Account(image.getvalue(), shared)


class _Writer(pickle.Pickler):
    def __init__(self, image: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(image)
        self._shared = shared

    def persistent_id(self, thing: Any) -> int | None:
        if not isinstance(thing, SHARED):
            return None
        self._shared.append(thing)
        return len(self._shared) - 1

    def reducer_override(self, thing: Any) -> Any:
        return (_attributes, (dict(thing),)) if type(thing) is LimitedSizeDict else NotImplemented


def _attributes(plain: Mapping[str, Any]) -> LimitedSizeDict:
    """The attributes of an item, which was measured when it was put."""
    made = LimitedSizeDict()
    dict.update(made, plain)
    return made
