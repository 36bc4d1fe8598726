"""Settings, read once from an environment mapping; nothing else reads the environment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.errors import ConfigurationError

LEAST_SECRET = 32
WORKERS_A_COUNT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What differs between two installations; field names are the variables in lower case.

    `signing_keys_secret` names a secret whose JSON maps key ids to keys and `current` to one of the
    ids. `public_url` is where citizens reach us, without a slash at the end, stage included; empty
    means the address of the request at hand. `receiving_domain` is the domain of reply addresses.
    `map_tiles` is where map pictures come from, such as `https://tiles.example/{z}/{x}/{y}.png`, or a
    path of our own; without it no map is offered. `open311_test_url` is the versioned base of another
    installation where programs are tried, such as `https://try.city.example/open311/v2`.

    `sms_sender` is `sns` or `end-user-messaging`; `sms_receipts` is `provider` where somebody reports
    what became of texts, and `none` where nobody does: then nothing follows from silence. `sms_rate` is
    how many segments may leave in a second, `sms_log_group` where SNS writes what became of them.

    `delivery_workers` is how many delivery functions may run at once, for all queues: they share the
    account's sending rate. `broadcast_waiting` is how many messages of broadcasts may wait in their queue.

    `callback_ports` are the ports at which other systems may be called.

    `session_idle_hours` is how long a console that nobody uses stays signed in. `codes_demanded_of` are
    the roles that do nothing before their holder has set up codes for signing in, or `nobody`.

    `sign_on_domain` is the user pool's domain where people sign in by the city's own identity provider: the
    prefix of one at Amazon Cognito, or the address of the city's own; empty for no such way in.
    `sign_on_name` is what the city calls it, `sign_on_groups` what its groups give here.

    `front_secret` is what only our CloudFront distribution and we know; `front_only` refuses what comes
    without it.
    """

    stage: str = "dev"
    table_name: str
    mail_bucket: str
    files_bucket: str
    delivery_queue: str
    urgent_queue: str
    broadcast_queue: str
    sender_address: str
    receiving_domain: str
    intake_addresses: tuple[str, ...]
    signing_keys_secret: str
    user_pool_id: str
    user_pool_client_id: str
    jurisdiction_id: str
    city_name: str
    public_url: str = ""
    sms_origination: str = ""
    sms_countries: tuple[str, ...] = ("US",)
    sms_sender: str = "sns"
    sms_receipts: str = "provider"
    sms_rate: float = 20.0
    sms_max_price: str = ""
    sms_india_entity_id: str = ""
    sms_india_template_id: str = ""
    sms_log_group: str = ""
    sms_configuration_set: str = ""
    sms_time_to_live: int = 86_400
    sms_protect_configuration: str = ""
    inbound_email_queue: str = ""
    receipts_queue: str = ""
    mail_configuration_set: str = ""
    timezone: str = "America/New_York"
    default_locale: str = "en"
    index_shards: int = 4
    delivery_workers: int = 6
    broadcast_waiting: int = 3_000
    callback_ports: tuple[int, ...] = (443,)
    map_tiles: str = ""
    map_center: str = "0,0,2"
    map_credit: str = ""
    open311_test_url: str = ""
    session_idle_hours: int = 8
    codes_demanded_of: tuple[str, ...] = ("administrator", "supervisor")
    sign_on_domain: str = ""
    sign_on_name: str = ""
    sign_on_client_id: str = ""
    sign_on_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    log_level: str = "INFO"
    front_secret: str = field(default="", repr=False)
    front_only: bool = False

    @property
    def count_spread(self) -> int:
        """Into how many items a count that every message adds to is spread.

        Transactions on one item get into each other's way from about a hundred a second on, and a
        delivery function sends about nine messages.
        """
        return 1 + self.delivery_workers // WORKERS_A_COUNT

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Settings from variables such as `TABLE_NAME`; lists are separated by commas.

        Raises `ConfigurationError` naming every variable that is missing or wrong, with its remedy.
        """
        values = {
            f.name: environ[f.name.upper()] for f in fields(cls) if environ.get(f.name.upper())
        }
        missing = [name.upper() for name in _required() if name not in values]
        if missing:
            raise ConfigurationError(
                f"Missing settings: {', '.join(missing)}. Set them in the settings file of the stage."
            )
        try:
            settings = cls(**{name: _read(name, text) for name, text in values.items()})
        except ValueError as error:
            raise ConfigurationError(str(error)) from error
        return settings._checked()

    @property
    def has_text_receipts(self) -> bool:
        """Whether anybody reports what became of a text."""
        return self.sms_receipts == "provider"

    def _checked(self) -> Settings:
        problems = [text for is_wrong, text in self._rules() + self._text_rules() if is_wrong]
        if problems:
            raise ConfigurationError(" ".join(problems))
        return self

    def _rules(self) -> list[tuple[bool, str]]:
        sender_domain = self.sender_address.partition("@")[2]
        return [
            (not _is_zone(self.timezone), f"TIMEZONE {self.timezone!r} is not an IANA zone name."),
            (not sender_domain, "SENDER_ADDRESS must be a mail address such as desk@city.example."),
            ("." not in self.receiving_domain, "RECEIVING_DOMAIN must be a domain name."),
            (not 1 <= self.index_shards <= 64, "INDEX_SHARDS must lie between 1 and 64."),
            (self.delivery_workers < 1, "DELIVERY_WORKERS must be at least 1."),
            (
                not 1 <= self.session_idle_hours <= 12,
                "SESSION_IDLE_HOURS must lie between 1 and 12.",
            ),
            (
                bool(set(self.codes_demanded_of) - _CODES_OF),
                "CODES_DEMANDED_OF must be roles such as administrator,supervisor, or nobody.",
            ),
            (self.broadcast_waiting < 1, "BROADCAST_WAITING must be at least 1."),
            (
                bool(self.map_tiles) and not _is_tiles(self.map_tiles),
                "MAP_TILES must begin with https:// or a slash, with {z}, {x} and {y} in it.",
            ),
            (
                not re.fullmatch(r"-?[\d.]+,-?[\d.]+,\d{1,2}", self.map_center),
                "MAP_CENTER must be latitude, longitude and zoom, such as 40.71,-74.0,13.",
            ),
            (
                bool(self.open311_test_url)
                and not self.open311_test_url.startswith(("https://", "http://")),
                "OPEN311_TEST_URL must be a web address such as https://try.city.example/open311/v2.",
            ),
            (
                not re.fullmatch(
                    r"|[a-z0-9-]{1,63}|https://[\w.-]+|http://127\.0\.0\.1:\d+", self.sign_on_domain
                ),
                "SIGN_ON_DOMAIN must be a prefix such as springfield-311, or an https address.",
            ),
            (
                bool(self.sign_on_domain) and not self.sign_on_name,
                "SIGN_ON_NAME is missing: what does the city call its sign-in?",
            ),
            (self.public_url.endswith("/"), "PUBLIC_URL must not end with a slash."),
            (
                bool(self.front_only or self.front_secret)
                and len(self.front_secret) < LEAST_SECRET,
                f"FRONT_SECRET must have at least {LEAST_SECRET} letters.",
            ),
        ]

    def _text_rules(self) -> list[tuple[bool, str]]:
        by_events = self.sms_sender == "end-user-messaging"
        return [
            (
                bool(self.sms_origination)
                and not re.fullmatch(r"\+?[\w-]{3,64}", self.sms_origination),
                "SMS_ORIGINATION must be a number such as +15550100, a sender id or a pool.",
            ),
            (
                self.sms_sender not in ("sns", "end-user-messaging"),
                "SMS_SENDER must be sns or end-user-messaging.",
            ),
            (
                self.sms_receipts not in ("provider", "none"),
                "SMS_RECEIPTS must be provider, or none where nobody reports.",
            ),
            (
                by_events and self.has_text_receipts and not self.sms_configuration_set,
                "SMS_CONFIGURATION_SET is missing: without it nobody reports; else say SMS_RECEIPTS=none.",
            ),
            (
                bool(self.sms_max_price)
                and not re.fullmatch(r"\d{1,2}\.\d{1,5}", self.sms_max_price),
                "SMS_MAX_PRICE must be dollars such as 0.05.",
            ),
            (self.sms_rate <= 0, "SMS_RATE must be more than 0."),
            (
                not 60 <= self.sms_time_to_live <= 259_200,
                "SMS_TIME_TO_LIVE must lie between 60 and 259200 seconds.",
            ),
        ]


_CODES_OF = frozenset({"agent", "supervisor", "administrator", "auditor", "nobody"})
_WHOLE = frozenset(
    {"index_shards", "sms_time_to_live", "delivery_workers", "broadcast_waiting"}
    | {"session_idle_hours"}
)


_RIGHT = re.compile(r"agent|supervisor|administrator|auditor|agency:(\*|[\w-]{1,60})").fullmatch


def _required() -> list[str]:
    given = (MISSING, MISSING)
    return [f.name for f in fields(Settings) if (f.default, f.default_factory) == given]


def _read(name: str, text: str) -> Any:
    if name in ("intake_addresses", "sms_countries", "codes_demanded_of"):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if name == "callback_ports":
        return tuple(_port(part.strip()) for part in text.split(",") if part.strip())
    if name in _WHOLE:
        if not text.isdigit():
            raise ValueError(f"{name.upper()} must be a whole number, not {text!r}.")
        return int(text)
    if name in ("front_only", "sign_on_groups"):
        return text == "yes" if name == "front_only" else _groups(text)
    if name == "sms_rate":
        if not re.fullmatch(r"\d{1,4}(\.\d{1,2})?", text):
            raise ValueError(f"SMS_RATE must be a number of segments a second, not {text!r}.")
        return float(text)
    return text


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65_536:
        raise ValueError(f"CALLBACK_PORTS must be ports such as 443, not {text!r}.")
    return int(text)


def _groups(text: str) -> Mapping[str, tuple[str, ...]]:
    try:
        found = json.loads(text)
        given = {name: tuple(words.split()) for name, words in found.items()}
    except (ValueError, AttributeError) as error:
        raise ValueError("SIGN_ON_GROUPS must be groups with what they give.") from error
    wrong = sorted({word for words in given.values() for word in words if not _RIGHT(word)})
    if wrong:
        raise ValueError(f"SIGN_ON_GROUPS: {', '.join(wrong)} is no role and no agency:<code>.")
    return given


def _is_tiles(address: str) -> bool:
    """Whether it is the pattern of tiles elsewhere, or a path of our own."""
    if address.startswith("/"):
        return True
    return address.startswith("https://") and all(f"{{{part}}}" in address for part in "zxy")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def aws_domain(region: str) -> str:
    """The domain under which AWS serves a region; China has its own (AWS General Reference)."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
