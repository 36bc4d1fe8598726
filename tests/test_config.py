"""A wrong installation says so at the start, naming what is wrong and what to do."""

from __future__ import annotations

import pytest

from chalicelib.config import Settings
from chalicelib.errors import ConfigurationError

GOOD = {
    "TABLE_NAME": "civicline-test",
    "MAIL_BUCKET": "mail",
    "FILES_BUCKET": "files",
    "DELIVERY_QUEUE": "delivery",
    "URGENT_QUEUE": "urgent",
    "BROADCAST_QUEUE": "broadcast",
    "SENDER_ADDRESS": "desk@city.example",
    "RECEIVING_DOMAIN": "reply.city.example",
    "INTAKE_ADDRESSES": "desk@city.example, help@city.example",
    "SIGNING_KEYS_SECRET": "keys",
    "USER_POOL_ID": "us-east-1_pool",
    "USER_POOL_CLIENT_ID": "client",
    "JURISDICTION_ID": "city.example",
    "CITY_NAME": "Springfield",
}


def test_good_settings_are_read() -> None:
    settings = Settings.from_environ(GOOD)
    assert settings.intake_addresses == ("desk@city.example", "help@city.example")
    assert settings.default_locale == "en"


@pytest.mark.parametrize("name", sorted(GOOD))
def test_each_missing_setting_is_named_with_the_remedy(name: str) -> None:
    environ = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(ConfigurationError, match=rf"Missing settings: {name}\..*config\.json"):
        Settings.from_environ(environ)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("TIMEZONE", "Mars/Olympus"),
        ("SENDER_ADDRESS", "desk"),
        ("RECEIVING_DOMAIN", "localhost"),
        ("SMS_ORIGINATION", "call me"),
        ("MAP_TILES", "http://tiles.example/{z}/{x}/{y}.png"),
        ("MAP_TILES", "https://tiles.example/{z}/{x}.png"),
        ("OPEN311_TEST_URL", "try.city.example/open311/v2"),
        ("MAP_CENTER", "Springfield"),
        ("INDEX_SHARDS", "many"),
        ("INDEX_SHARDS", "0"),
        ("PUBLIC_URL", "https://city.example/"),
    ],
)
def test_each_wrong_setting_is_named(name: str, wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_environ(GOOD | {name: wrong})
