"""`make deploy STAGE=x`: the state stack, the zips, the functions, the first catalogue, and what is left.

Safe to repeat: a second run changes what differs and plants only what never was there.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra import agencies, budget, front, receiving, releases, stacks, texts, versions
from infra.cloudformation import load_template
from infra.package import CODE_KEYS
from infra.plainly import plainly
from infra.restoring.functions import STREAM
from infra.restoring.tables import Tables, stream_of
from infra.settings import ROOT, StageSettings, load
from infra.stacks import Clients, DeployError, functions_stack, state_stack

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services

Say = Callable[[str], None]


def deploy(
    settings: StageSettings,
    built: Path,
    clients: Clients,
    *,
    say: Say = print,
    pause: Callable[[float], None] = time.sleep,
    far: front.Far = lambda: real_clients(front.REGION),
) -> dict[str, str]:
    """Bring `built` (from `make package`) to the account of `clients`; returns all outputs.

    Raises `DeployError`, naming what stopped it.
    """
    stage = settings.stage
    _check(built, ("state.yaml", "functions.json", *CODE_KEYS))
    say("1. The rules by which SES receives mail …")
    for line in receiving.prepare(settings, clients, pause):
        say(f"   {line}")
    say(f"2. {state_stack(stage)}: table, mail, queues, keys, staff …")
    wanted = state_parameters(settings, clients)
    template = built / "state.yaml"
    state = stacks.put_protected(clients, state_stack(stage), template, wanted, pause=pause)
    if state["TableName"] != f"civicline-{stage}":  # a restore made it, and no stack minds it
        Tables(clients("dynamodb"), say, pause).equip(state["TableName"], stage)
    say(f"3. {functions_stack(stage)}: the functions …")
    before = stacks.settle(clients, functions_stack(stage), pause)
    proof = front.function_parameters(settings, clients, far)
    functions = _put_functions(settings, built, clients, state, proof, pause)
    functions |= front.put(settings, built, far, functions | proof, pause)
    for line in texts.settle(settings, state, clients):
        say(f"   {line}")
    for line in budget.settle(settings, clients, pause):
        say(f"   {line}")
    say("4. The staff directory and the catalogue, what is not there yet …")
    variables = settings.variables() | environment(state)
    stage_services = services(variables, clients)
    stage_services.roll_call.run(recent=timedelta.max)
    for line in agencies.lines(stage_services.directory, stage):
        say(f"   {line}")
    planted = plant(variables, clients)
    say(f"   {planted} entries planted.")
    for line in releases.tidy(clients, stage, state["ReleasesBucket"], before):
        say(f"   {line}")
    return state | functions


def state_parameters(settings: StageSettings, clients: Clients) -> dict[str, str]:
    """What the state stack is asked with: the city's settings, and what the account has already.

    Whether a key can have a copy in another region is decided when it is made, so of one that is there
    nothing is said: its stack keeps what it has.
    """
    stage = settings.stage
    is_new = "KeyArn" not in stacks.outputs(clients, state_stack(stage))
    key = {"MultiRegionKey": "yes"} if is_new else {}
    return settings.parameters() | texts.state_parameters(stage, clients) | key


def environment(outputs: Mapping[str, str]) -> dict[str, str]:
    """A state stack's outputs as settings: `TableName` is `TABLE_NAME`."""
    told = {
        "".join(f"_{c}" if c.isupper() else c for c in name).lstrip("_").upper(): value
        for name, value in outputs.items()
    }
    own = told.pop("CONSOLE_CLIENT_ID", "")
    return told | ({"USER_POOL_CLIENT_ID": own} if own else {})


def services(variables: Mapping[str, str], clients: Clients) -> Services:
    """What a stage keeps, seen as its functions see it; `variables` are all of theirs."""
    from chalicelib.bootstrap import Services, SystemClock
    from chalicelib.config import Settings

    return Services(Settings.from_environ(variables), clients, SystemClock(), "")


def plant(variables: Mapping[str, str], clients: Clients) -> int:
    """Publish the seed of the catalogue where it never was; administrators change it later. Whatever
    is there has its snapshot afterwards."""
    from chalicelib.tickets.model.ticket import SYSTEM

    stage = services(variables, clients)
    planted = stage.catalog_desk.plant(SYSTEM)
    stage.catalog.mend()
    return len(planted)


def what_is_left(outputs: Mapping[str, str]) -> list[str]:
    """What only a person can do; docs/deploy.md says how."""
    return [
        f"Public address: {outputs.get('PublicAddress', '')}",
        "DNS: the MX and DKIM records of docs/deploy.md, step 3 (make smoke shows which are seen).",
        *(
            f"DNS: the city's address is a CNAME to {target} (step 8)."
            for target in front.targets(outputs)
        ),
        "First administrator: make administrator (docs/deploy.md, step 6).",
    ]


def _put_functions(
    settings: StageSettings,
    built: Path,
    clients: Clients,
    state: Mapping[str, str],
    proof: Mapping[str, str],
    pause: Callable[[float], None],
) -> dict[str, str]:
    """The functions' own address is known only once they are there: the first time takes two rounds."""
    name, template = functions_stack(settings.stage), built / "functions.json"
    bucket = state["ReleasesBucket"]
    wanted = settings.parameters() | texts.function_parameters(settings) | {"CodeBucket": bucket}
    wanted |= proof | {STREAM: stream_of(clients("dynamodb"), state["TableName"])}
    values = stacks.values(load_template(template), wanted, stacks.find(clients, name))
    releases.adopt(clients, bucket, settings.stage)
    release = releases.keep(clients, bucket, built, values)
    wanted |= release.code()
    put = partial(versions.put, clients, name, template, bucket=bucket, pause=pause)
    known = settings.public_url or stacks.outputs(clients, name).get("EndpointURL", "")
    if known:
        return put(wanted | {"PublicUrl": known.rstrip("/")})
    wanted["Canary"] = "no"  # nobody calls yet
    made = put(wanted)
    return put(wanted | {"PublicUrl": made["EndpointURL"].rstrip("/")})


def _check(built: Path, names: tuple[str, ...]) -> None:
    missing = [name for name in names if not (built / name).exists()]
    if missing:
        raise DeployError(
            f"{built} lacks {', '.join(missing)}; run make package STAGE={built.name} first."
        )


def real_clients(region: str = "") -> Clients:
    """Clients of the account that the environment names (AWS_PROFILE, AWS_REGION)."""
    import boto3

    session = boto3.Session(region_name=region or os.environ.get("AWS_REGION") or None)
    if not session.region_name:
        raise DeployError("No region: set AWS_REGION to one where SES receives mail.")
    made: dict[str, Any] = {}
    return lambda service: made.setdefault(service, session.client(service))


@plainly
def main(arguments: list[str] | None = None) -> int:
    """Deploy one stage, or say with --dry-run what would be done.

    What `make deploy NAME=value` is given arrives in the environment.
    """
    parser = argparse.ArgumentParser(prog="make deploy", description="Deploy a packaged stage.")
    parser.add_argument("--stage", required=True)
    parser.add_argument(
        "--dry-run",
        action="store_true",
        default=bool(os.environ.get("DRY_RUN")),
        help="read, say, change nothing",
    )
    given = parser.parse_args(arguments)
    built = ROOT / ".build" / given.stage
    settings, clients = load(given.stage), real_clients()
    if given.dry_run:
        return _rehearse(settings, built, clients)
    outputs = deploy(settings, built, clients)
    for line in what_is_left(outputs):
        sys.stdout.write(f"   {line}\n")
    return 0


def _rehearse(settings: StageSettings, built: Path, clients: Clients) -> int:
    for line in rehearsal(settings, built, clients):
        sys.stdout.write(line + "\n")
    return 0


def rehearsal(
    settings: StageSettings,
    built: Path,
    clients: Clients,
    far: front.Far = lambda: real_clients(front.REGION),
) -> list[str]:
    """What `deploy` would do now; only reads. Raises `DeployError` as `deploy` would."""
    _check(built, ("state.yaml", "functions.json", *CODE_KEYS))
    lines = []
    for name in (state_stack(settings.stage), functions_stack(settings.stage)):
        stack = stacks.find(clients, name)
        lines.append(f"{name}: would be {stacks.outlook(stack)}")
    lines += front.rehearsal(settings, far)
    for key, value in state_parameters(settings, clients).items():
        lines.append(f"  {key} = {value or '(empty)'}")
    sizes = [f"{name}: {(built / name).stat().st_size / 1e6:.2f} MB" for name in CODE_KEYS]
    return [*lines, *sizes]


if __name__ == "__main__":
    sys.exit(main())
