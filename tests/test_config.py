"""A wrong installation says so at the start, naming what is wrong and what to do."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from chalicelib import bootstrap
from chalicelib.channels.files.stash import Stash
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
    with pytest.raises(ConfigurationError, match=rf"Missing settings: {name}\..*settings file"):
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


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "files.s3.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "files.s3.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "files.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_a_link_to_a_file_and_the_place_for_one_name_the_buckets_own_region(
    region: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, region)
    bootstrap.forget()
    client = bootstrap.make_client("s3")
    bootstrap.forget()
    link = client.generate_presigned_url("get_object", Params={"Bucket": "files", "Key": "a"})
    assert urlsplit(link).netloc == host
    assert Stash(lambda: client, bucket="files", region=region).host == host
