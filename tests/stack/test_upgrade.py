"""To this release and back while citizens write: each is answered once, and has one ticket.

The former release is packaged and deployed by its own commands, out of the history.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import releases, rollback, stacks
from infra.package import package
from infra.settings import EXAMPLE, ROOT, read
from infra.target import Target
from tests.releases.conftest import released_tree
from tests.stack.engine import Engine, running, until
from tests.stack.outside import Installation, call, mail

pytestmark = pytest.mark.stack
# As the former release's stage `dev` was set up.
DOMAIN = "report.dev.city.example"
DESK = f"help@{DOMAIN}"
SETTINGS = read(
    EXAMPLE, stage="dev", receiving_domain=DOMAIN, intake_addresses=(DESK,), sender_address=DESK
)
FUNCTIONS = stacks.functions_stack("dev")
# Libraries that it fetched wait for the next time.
PACKAGE = (
    "import sys; from pathlib import Path; from infra.package import package; "
    "package('dev', Path('.build/dev'), fetched=Path(sys.argv[1]))"
)
REGION = "us-east-1"  # the one region that the former release could be deployed in


def citizen(number: int) -> str:
    """An address at home: many of one domain would wait for each other's answers."""
    return f"citizen{number:03}@home{number:03}.example"


class Citizens(threading.Thread):
    """People who write a mail and a text again and again, each of them once."""

    def __init__(self, city: Installation) -> None:
        super().__init__(daemon=True)
        self.count = 0
        self._city = city
        self._is_over = threading.Event()

    def run(self) -> None:
        """Write until it is over."""
        while not self._is_over.wait(0.5):
            who = citizen(self.count)
            self._city.receive(mail(who, "Light out", f"The lamp is dark, says {who}."), to=DESK)
            self._city.text(self.number(self.count), f"Pothole, says {self.count}")
            self.count += 1

    def number(self, citizen: int) -> str:
        """Where a citizen texts from."""
        return f"+1212555{citizen:04}"

    def are_heard(self, more: int = 4) -> None:
        """Wait until so many more of them had both of their answers."""
        wanted = self._answered() + more
        until(lambda: self._answered() >= wanted, f"{more} more citizens answered")

    def _answered(self) -> int:
        return min(len(_mailed(self._city.engine)), len(_texted(self._city.engine)))

    def end(self) -> int:
        """How many wrote, now that nobody does any more."""
        self._is_over.set()
        self.join(30)
        return self.count


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the release before this one, with its package in it."""
    tree = released_tree(tmp_path_factory.mktemp("release"))
    fetched = ROOT / ".build" / "fetched-by-the-former-release"
    _in(tree, "-c", PACKAGE, str(fetched))
    here = Target.here().runtime
    if f'"{here}"' not in (tree / ".build/dev/functions.json").read_text():
        pytest.skip(f"The former release's functions run on another Python than {here}.")
    return tree


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "dev"
    package(SETTINGS, folder, Target.here())
    return folder


def _in(tree: Path, *arguments: str, **environ: str) -> None:
    """Run a command of a release in its own tree."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1", **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with running(REGION) as found:
        yield found


def deploy_former(engine: Engine, former: Path) -> None:
    _in(
        former,
        *("-m", "infra.deploy", "--stage", "dev"),
        AWS_ENDPOINT_URL=engine.url,
        AWS_REGION=REGION,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    )
    engine.client("ses").verify_domain_identity(Domain=DOMAIN)


def called(engine: Engine) -> set[str]:
    """What the queues call: the qualifiers of the functions."""
    sources = engine.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return {source["FunctionArn"].rpartition("-dev")[2] for source in sources}


def items(engine: Engine) -> Iterator[dict[str, Any]]:
    pages = engine.client("dynamodb").get_paginator("scan").paginate(TableName="civicline-dev")
    return (item for page in pages for item in page["Items"])


def dead(engine: Engine) -> dict[str, str]:
    """Queues of dead letters that hold some."""
    sqs, found = engine.client("sqs"), {}
    for url in sqs.list_queues()["QueueUrls"]:
        got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        if "-dead" in url and got["ApproximateNumberOfMessages"] != "0":
            found[url] = got["ApproximateNumberOfMessages"]
    return found


def test_nothing_is_lost_on_the_way_to_this_release_and_back(
    engine: Engine, former: Path, built: Path
) -> None:
    deploy_former(engine, former)
    outputs = stacks.outputs(engine.client, stacks.state_stack("dev"))
    outputs |= stacks.outputs(engine.client, FUNCTIONS)
    city = Installation(engine, outputs)
    citizens = Citizens(city)
    citizens.start()
    citizens.are_heard()
    assert called(engine) == {""}

    engine.deploy(SETTINGS, built)
    citizens.are_heard()
    assert called(engine) == {":live"}

    now, before = releases.kept(engine.client, outputs["ReleasesBucket"])
    assert "CodeKey" in before.zips, "what the former release deployed was kept before it went"
    _roll(engine, before.digest)
    citizens.are_heard()
    assert called(engine) == {""}

    _roll(engine, now.digest)
    citizens.are_heard()
    assert called(engine) == {":live"}
    _each_was_answered_once(engine, city, citizens)


def _roll(engine: Engine, digest: str) -> None:
    rollback.rollback("dev", digest[:10], engine.client, pause=lambda _seconds: time.sleep(0.2))


def _each_was_answered_once(engine: Engine, city: Installation, citizens: Citizens) -> None:
    count = citizens.end()
    mails = {citizen(n): 1 for n in range(count)}
    texts = {citizens.number(n): 1 for n in range(count)}
    until(
        lambda: len(_mailed(engine)) == count or _swept(city),
        f"a mail to each of {count}",
        seconds=300,
    )
    until(lambda: len(_texted(engine)) == count, f"a text to each of {count}")
    assert dict(_mailed(engine)) == mails
    assert dict(_texted(engine)) == texts
    tickets = {item["pk"]["S"] for item in items(engine) if "#SR-" in item["pk"]["S"]}
    assert len(tickets) == 2 * count
    assert dead(engine) == {}
    outputs = city.outputs | stacks.outputs(
        engine.client, FUNCTIONS
    )  # the engine makes the API anew
    status, _ = Installation(engine, outputs).http("/report")
    assert status == 200


def _swept(city: Installation) -> bool:
    """What this release wrote and the former took up is due in its eyes a minute later, for its sweep."""
    time.sleep(5)
    call(city, "sweep-deliveries")
    return False


def _mailed(engine: Engine) -> Counter[str]:
    found = engine.look("ses/messages")["messages"].values()
    return Counter(to for messages in found for message in messages for to in message["To"])


def _texted(engine: Engine) -> Counter[str]:
    found = engine.look("sns/sms-messages")["sms_messages"]
    return Counter({number: len(messages) for number, messages in found.items()})
