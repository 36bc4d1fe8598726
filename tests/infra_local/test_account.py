"""A town's account may be a copy of the first one's; what happens in one town is not in the next."""

from __future__ import annotations

import os
from datetime import timedelta

from infra.local import furnish
from infra.local.pump import queue_url
from infra.local.stack import client
from infra.local.town import ACCOUNTS
from tests.citizens import a_mail
from tests.harness import START, Harness


def test_what_happens_in_one_town_is_not_in_the_next() -> None:
    with Harness.boot() as first:
        queue = queue_url(os.environ["RECEIPTS_QUEUE"])
        first.mail(a_mail())
        first.drain()
        client("sqs").send_message(QueueUrl=queue, MessageBody="left behind")
        group = {"GroupName": "late", "UserPoolId": first.services.settings.user_pool_id}
        client("cognito-idp").create_group(**group)
        assert first.dump()["tickets"]
    with Harness.boot() as second:
        groups = client("cognito-idp").list_groups(UserPoolId=group["UserPoolId"])["Groups"]
        assert "late" not in [each["GroupName"] for each in groups]
        assert "Messages" not in client("sqs").receive_message(QueueUrl=queue)
        assert not second.dump()["tickets"] and not second.outbox


def test_a_copied_town_has_the_catalogue_and_the_staff_of_a_built_one() -> None:
    def seen() -> tuple[object, int]:
        with Harness.boot() as town:
            services = town.http("GET", "/open311/v2/services.json").json()
            return services, town.http("GET", "/api/v1/tickets", user="supervisor").status

    ACCOUNTS.clear()
    built = seen()
    assert ACCOUNTS and seen() == built
    assert built[1] == 200


def test_a_town_of_another_time_leaves_no_catalogue_of_the_future() -> None:
    """Else what is published in the next town would not count as newer, and nothing would follow it."""
    ACCOUNTS.clear()
    furnish._image.clear()
    for now in (START + timedelta(days=7), START):
        with Harness.boot(now=now) as town:
            assert town.services.catalog.load().changed_at <= town.now
