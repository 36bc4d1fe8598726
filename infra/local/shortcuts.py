"""Ways around what moto and botocore do slowly and the town needs often; the answers stay the same."""

from __future__ import annotations

import functools
import json
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

from botocore.loaders import JSONFileLoader, Loader
from moto import backend_index
from moto.cloudformation.models import Stack
from moto.cognitoidp import models as cognito
from moto.core import responses
from moto.core.base_backend import BackendDict
from moto.core.exceptions import JsonRESTError
from moto.core.serialize import JSONSerializer
from moto.kms import models as kms
from moto.sqs.models import Message, SQSBackend

TOWN_SERVICES = {"cognitoidp", "dynamodb", "secretsmanager", "ses", "sesv2", "sns", "sqs"}
PLAIN_TYPES = frozenset({"S", "N", "BOOL", "NULL", "SS", "NS"})


def _json_first(original: Any) -> Any:
    """A template that is JSON need not go through the ten times slower YAML reader."""

    def parse_template(text: str) -> Any:
        return json.loads(text) if text.startswith("{") else original(text)

    return staticmethod(parse_template)


def _values_as_they_are(original: Any) -> Any:
    """An attribute of an item is in its final shape already; moto would look for ten others."""

    def serialize(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and type(value) is dict and value.keys() <= PLAIN_TYPES:
            serialized[self.get_serialized_name(shape, key)] = value
        else:
            original(self, serialized, value, shape, key)

    return serialize


class _Keys:
    """Stands in for the module of key types: reads the one key of all user pools once."""

    class RSAKey:
        """See joserfc."""

        @staticmethod
        def import_key(document: Any) -> Any:
            return _read_key(json.dumps(document, sort_keys=True))


@functools.cache
def _read_key(document: str) -> Any:
    from joserfc import jwk

    return jwk.RSAKey.import_key(json.loads(document))


def _read_once(original: Any) -> Any:
    """Every session of botocore reads the same descriptions of services; once is enough."""
    kept: dict[str, Any] = {}

    def load_file(self: Any, file_path: str) -> Any:
        if file_path not in kept:
            kept[file_path] = original(self, file_path)
        return kept[file_path]

    return load_file


def _kept_long_enough(_: Any) -> Any:
    """One look at the queue's own figure; moto makes up all its attributes, for every message."""

    def is_valid(self: Any, queue_name: str, message: Any) -> bool:
        kept = self.get_queue(queue_name).message_retention_period
        return bool(kept + message.sent_timestamp / 1000 > time.time())

    return is_valid


def _past(name: str) -> Callable[[Any], Any]:
    """Whether a message's moment is over; asked for each message of a queue at every call."""
    return lambda _: property(lambda self: time.time() * 1000 > getattr(self, name))


def _not_past(name: str) -> Callable[[Any], Any]:
    return lambda _: property(lambda self: time.time() * 1000 < getattr(self, name))


def _listed_once(original: Any) -> Any:
    """Every session looks through the folders of four hundred services, for each client."""
    kept: dict[str, Any] = {}

    def list_available_services(self: Loader, type_name: str) -> Any:
        if type_name not in kept:
            kept[type_name] = original(self, type_name)
        return kept[type_name]

    return list_available_services


def _once(original: Any) -> Any:
    """A key that signs nothing here takes a tenth of a second to find; the rest is asked at every call."""
    return functools.cache(original)


def _brief_id(_: Any) -> Any:
    """moto draws 52 letters one by one, for every answer."""

    def gen_amzn_requestid_long(headers: dict[str, Any]) -> str:
        headers["x-amzn-requestid"] = found = secrets.token_hex(26).upper()
        return found

    return gen_amzn_requestid_long


def _found_first(original: Any) -> Any:
    """An account that is there, and that the next reset will find, needs no lock and no comparing."""

    def backends_of(self: Any, account_id: str) -> Any:
        is_listed = any(each is self for each in BackendDict._instances)
        return (is_listed and dict.get(self, account_id)) or original(self, account_id)

    return backends_of


def _town_first(original: Any) -> Any:
    """The services of the town first; moto tries the addresses of all services at every call."""
    return sorted(original, key=lambda pair: pair[0] not in TOWN_SERVICES)


def _sent_again(original: Any) -> Any:
    """Another invitation is for the same person, who has not come yet (AWS, "AdminCreateUser").

    moto makes a second account with another name for it.
    """

    def admin_create_user(
        self: Any, user_pool_id: str, username: str, message_action: str, *rest: Any
    ) -> Any:
        if message_action != "RESEND":
            return original(self, user_pool_id, username, message_action, *rest)
        user = self.admin_get_user(user_pool_id, username)
        if user.status is not cognito.UserStatus.FORCE_CHANGE_PASSWORD:
            raise JsonRESTError("UnsupportedUserStateException", "Resend not possible.")
        return user

    return admin_create_user


SHORTCUTS: Sequence[tuple[Any, str, Callable[[Any], Any]]] = (
    (Stack, "parse_template", _json_first),
    (JSONSerializer, "_serialize_type_structure", _values_as_they_are),
    (cognito, "jwk", lambda _: _Keys),
    (cognito.CognitoIdpBackend, "admin_create_user", _sent_again),
    (kms, "generate_private_key", _once),
    (JSONFileLoader, "load_file", _read_once),
    (Loader, "list_available_services", _listed_once),
    (responses, "method_names_from_class", _once),
    (responses, "camelcase_to_underscores", _once),
    (responses, "gen_amzn_requestid_long", _brief_id),
    (BackendDict, "__getitem__", _found_first),
    (backend_index, "backend_url_patterns", _town_first),
    (SQSBackend, "is_message_valid_based_on_retention_period", _kept_long_enough),
    (Message, "visible", _past("visible_at")),
    (Message, "delayed", _not_past("delayed_until")),
)
