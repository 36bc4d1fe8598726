"""docs/deploy.md, by its words alone: every command that it gives is run in its order, on MiniStack."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from infra.cloudformation import load_template
from infra.settings import EXAMPLE, ROOT
from infra.target import Target
from tests.stack.engine import Engine, running

pytestmark = pytest.mark.stack

GUIDE = (ROOT / "docs/deploy.md").read_text("utf-8")
REGION = "eu-central-1"
# What MiniStack does not play: AWS's people, the DNS, who follows a link, recovery and expiry by template.
UNPLAYED = {
    "Mail can be received in eu-central-1",
    "Mail may leave to anybody",
    "SES sends, and enough",
    "Mail may leave as help@report.city.example",
    "Bounces come to a domain of ours",
    "Somebody hears the alarms",
    "The table can go back to any second of 35 days",
    "Nobody can delete the table, and what is over leaves it",
}


def section(number: int) -> str:
    """One numbered step of the guide."""
    found = re.search(rf"^## {number}\. .*?(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    assert found, f"there is no step {number}"
    return found[0]


def commands(number: int) -> list[str]:
    """The commands of a step, each on one line."""
    joined = section(number).replace("\\\n", " ")
    lines = re.findall(r"^ {4,}((?:make|aws|cp|export) .*)$", joined, re.MULTILINE)
    return [line.partition("  #")[0].strip() for line in lines]


class Walker:
    """Somebody at a shell with an empty account; `folder` is where the settings lie."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        here = Target.here()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "AWS_"))}
        self._environ = kept | {
            "SETTINGS": str(folder),
            "AWS_ENDPOINT_URL": engine.url,
            "AWS_REGION": engine.region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "RUNTIME": here.runtime,  # MiniStack runs the zips by this Python
            "ARCH": here.arch,
        }

    def make(self, command: str) -> tuple[int, str]:
        """What a `make` line of the guide answers: its end, and all that it said."""
        done = subprocess.run(
            shlex.split(command),
            cwd=ROOT,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return done.returncode, done.stdout + done.stderr

    def aws(self, command: str) -> Any:
        """What an `aws` line of the guide answers; a name that AWS does not have fails."""
        _, service, operation, *rest = shlex.split(command)
        client = self.engine.client(service)
        method = operation.replace("-", "_")
        shape = client.meta.service_model.operation_model(
            client.meta.method_to_api_mapping[method]
        ).input_shape
        names = {xform_name(name, "-"): name for name in shape.members}
        given = dict(zip(rest[::2], rest[1::2], strict=True))
        wanted = {names[k[2:]]: v for k, v in given.items() if k != "--query"}
        return getattr(client, method)(**wanted)

    def settle(self, **changed: str) -> None:
        """Write these into the settings."""
        path = self.folder / "prod.yaml"
        others = [x for x in path.read_text().splitlines() if x.partition(":")[0] not in changed]
        path.write_text("\n".join([*others, *(f"{k}: {v}" for k, v in changed.items()), ""]))

    def page(self, path: str) -> str:
        """A page of the API."""
        with urllib.request.urlopen(f"{self.address}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    @property
    def address(self) -> str:
        """Where the API is reached on the engine."""
        (api,) = self.engine.client("apigateway").get_rest_apis()["items"]
        return f"{self.engine.url}/restapis/{api['id']}/live/_user_request_"


def refused(said: str) -> set[str]:
    """The questions that were answered with FAIL, by the lines of preflight or smoke."""
    found = re.findall(r"^FAIL  (.*)$", said, re.MULTILINE)
    return {re.split(r": (?=[a-z0-9])", line)[0] for line in found}


@pytest.fixture(scope="module")
def walker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walker]:
    with running(REGION) as engine:
        yield Walker(engine, tmp_path_factory.mktemp("settings"))


def test_the_guide_is_walked_from_an_empty_account_to_a_former_release(walker: Walker) -> None:
    _set_up(walker)
    _deploy(walker)
    _speak_with_aws(walker)
    _appoint_and_ask(walker)
    _go_back(walker)


def _set_up(walker: Walker) -> None:
    """Step 1."""
    exported, copied = commands(1)
    assert exported.startswith("export AWS_REGION=")
    assert copied == "cp settings/example.yaml settings/prod.yaml"
    (walker.folder / "prod.yaml").write_bytes(EXAMPLE.read_bytes())
    walker.settle(alarm_email="it@city.example", canary="no")


def _deploy(walker: Walker) -> None:
    """Step 2, in its order; repeated, as the guide says that all may be."""
    package, preflight, deploy = commands(2)
    assert walker.make(package)[0] == 0
    _, said = walker.make(preflight)
    assert "Somebody is warned when 800 run" in refused(said), "it has less than most accounts"
    (allowed,) = re.findall(r"functions may run at once: (\d+)", said)
    walker.settle(concurrency_warning=str(int(allowed) * 4 // 5))  # as it says what to do
    ended, said = walker.make(preflight)
    assert (ended == 0) == (not refused(said))
    assert refused(said) <= UNPLAYED, said
    ended, said = walker.make(deploy)
    assert ended == 0, said
    assert "Public address: " in said
    walker.settle(public_url=walker.address)
    ended, said = walker.make(f"{deploy} DRY_RUN=1")
    assert ended == 0, said
    assert "civicline-functions-prod: would be updated" in said
    ended, said = walker.make(deploy)
    assert ended == 0, said


def _speak_with_aws(walker: Walker) -> None:
    """Steps 3 and 5: the commands exist, and answer what the guide needs of them."""
    (tokens,) = commands(3)
    assert "Tokens" in walker.aws(tokens)["DkimAttributes"], "MiniStack makes none"
    (verify,) = commands(5)
    walker.aws(verify)


def _appoint_and_ask(walker: Walker) -> None:
    """Step 6: an administrator, and every question of smoke, with one report the whole way."""
    administrator, smoke, whole = commands(6)
    ended, said = walker.make(administrator)
    assert ended == 0, said
    _, said = walker.make(smoke)
    assert refused(said) <= UNPLAYED, said
    _, said = walker.make(whole)
    assert re.search(r"^ok    A mail becomes ticket SR-", said, re.MULTILINE), said


def _go_back(walker: Walker) -> None:
    """Step 10: releases are listed, and a former one comes back."""
    walker.settle(city_name="Shelbyville")
    ended, said = walker.make("make package deploy STAGE=prod")
    assert ended == 0, said
    _, said = walker.make("make releases STAGE=prod")
    kept = [line for line in said.splitlines() if not line.startswith((".venv", "make"))]
    assert [line.endswith("runs") for line in kept] == [True, *[False] * (len(kept) - 1)], said
    assert "Shelbyville" in walker.page("/")
    ended, said = walker.make(f"make rollback STAGE=prod TO={kept[1].split()[0]}")
    assert ended == 0, said
    assert "Springfield" in walker.page("/")
    ended, said = walker.make("make rollback STAGE=prod TO=zzzz")
    assert ended != 0
    assert "No kept release begins with 'zzzz'" in said


def test_every_command_of_the_guide_is_one_that_there_is() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for line in re.findall(r"`(make [a-z][^`\n]*)`|^ {4,}(make .*)$", GUIDE, re.MULTILINE):
        words = shlex.split((line[0] or line[1]).partition("  #")[0])
        named = [word for word in words[1:] if "=" not in word]
        assert set(named) <= targets, line


def test_every_setting_that_the_guide_names_is_one_that_there_is() -> None:
    example = EXAMPLE.read_text()
    named = re.findall(r"`([a-z]+(?:_[a-z]+)*): [^`]*`", GUIDE)
    assert named
    assert [name for name in named if f"{name}:" not in example] == []


def test_every_output_that_the_guide_names_is_one_that_there_is() -> None:
    front = load_template(ROOT / "infra/front.yaml")["Outputs"]
    address = load_template(ROOT / "infra/address.yaml")["Outputs"]
    assert "FrontTarget" in front
    assert "DomainTarget" in address
