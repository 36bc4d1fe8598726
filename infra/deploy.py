"""`make deploy STAGE=x`: the state stack, the zips, the functions, the first catalogue, and what is left.

Safe to repeat: a second run changes what differs and plants only what never was there.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra import stacks, texts
from infra.package import CODE_KEYS, ROOT
from infra.stacks import Clients, DeployError, functions_stack, state_stack

Say = Callable[[str], None]


def deploy(
    stage: str,
    built: Path,
    clients: Clients,
    *,
    alarm_email: str = "",
    say: Say = print,
    pause: Callable[[float], None] = time.sleep,
    state_template: str = "state.yaml",
) -> dict[str, str]:
    """Bring `built` (from `make package`) to the account of `clients`; returns all outputs.

    Raises `DeployError`, naming what stopped it.
    """
    settings = stacks.variables(stage)
    _check(built, (state_template, "functions.json", *CODE_KEYS))
    say(f"1. {state_stack(stage)}: table, mail, queues, keys, staff …")
    wanted = state_parameters(stage, settings, alarm_email)
    wanted |= texts.state_parameters(stage, settings, clients)
    state = stacks.put(clients, state_stack(stage), built / state_template, wanted, pause=pause)
    say(f"2. {functions_stack(stage)}: the functions …")
    functions = _put_functions(stage, built, clients, state, settings, pause)
    for line in texts.settle(stage, settings, state, clients):
        say(f"   {line}")
    say("3. The catalogue, where there is none yet …")
    planted = plant(settings | environment(state), clients)
    say(f"   {planted} entries planted.")
    return state | functions


def state_parameters(stage: str, settings: Mapping[str, str], alarm_email: str) -> dict[str, str]:
    """What the state stack asks for, out of the functions' settings: said once, used twice."""
    sender_domain = settings["SENDER_ADDRESS"].rpartition("@")[2].rstrip(">")
    receiving = settings["RECEIVING_DOMAIN"]
    wanted = {"Stage": stage, "ReceivingDomain": receiving}
    wanted["SenderDomain"] = "" if sender_domain == receiving else sender_domain
    return wanted | ({"AlarmEmail": alarm_email} if alarm_email else {})


def environment(outputs: Mapping[str, str]) -> dict[str, str]:
    """A state stack's outputs as settings: `TableName` is `TABLE_NAME`."""
    return {
        "".join(f"_{c}" if c.isupper() else c for c in name).lstrip("_").upper(): value
        for name, value in outputs.items()
    }


def plant(settings: Mapping[str, str], clients: Clients) -> int:
    """Publish the seed of the catalogue where it never was; administrators change it later."""
    from chalicelib.bootstrap import Services, SystemClock
    from chalicelib.config import Settings
    from chalicelib.tickets.model.ticket import SYSTEM

    services = Services(Settings.from_environ(settings), clients, SystemClock(), "")
    return len(services.catalog_desk.plant(SYSTEM))


def what_is_left(settings: Mapping[str, str], outputs: Mapping[str, str]) -> list[str]:
    """What only a person can do; docs/deploy.md says how."""
    return [
        f"Public address: {outputs.get('EndpointURL', '')}",
        "DNS: the MX and DKIM records of docs/deploy.md, step 3 (make smoke shows which are seen).",
        f"Receipt rules: activate {outputs.get('ReceiptRuleSet', '')} (docs/deploy.md, step 4).",
        "First administrator: make administrator (docs/deploy.md, step 6).",
    ]


def _put_functions(
    stage: str,
    built: Path,
    clients: Clients,
    state: Mapping[str, str],
    settings: Mapping[str, str],
    pause: Callable[[float], None],
) -> dict[str, str]:
    """The functions' own address is known only once they are there: the first time takes two rounds."""
    bucket, template = state["ReleasesBucket"], built / "functions.json"
    wanted = {"Stage": stage, "CodeBucket": bucket}
    wanted |= {key: _upload(built / name, bucket, clients) for name, key in CODE_KEYS.items()}
    wanted |= texts.function_parameters(settings)
    known = settings.get("PUBLIC_URL") or stacks.outputs(clients, functions_stack(stage)).get(
        "EndpointURL", ""
    )
    if known:
        wanted["PublicUrl"] = known.rstrip("/")
    made = stacks.put(clients, functions_stack(stage), template, wanted, bucket=bucket, pause=pause)
    if known:
        return made
    wanted["PublicUrl"] = made["EndpointURL"].rstrip("/")
    return stacks.put(clients, functions_stack(stage), template, wanted, bucket=bucket, pause=pause)


def _upload(path: Path, bucket: str, clients: Clients) -> str:
    """A zip under its digest, so that a rollback finds the former one."""
    code = path.read_bytes()
    key = f"releases/{hashlib.sha256(code).hexdigest()}.zip"
    clients("s3").put_object(Bucket=bucket, Key=key, Body=code)
    return key


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


def main(arguments: list[str] | None = None) -> int:
    """Deploy one stage, or say with --dry-run what would be done.

    What `make deploy NAME=value` is given arrives in the environment.
    """
    parser = argparse.ArgumentParser(prog="make deploy", description="Deploy a packaged stage.")
    parser.add_argument("--stage", required=True)
    parser.add_argument(
        "--alarm-email",
        default=os.environ.get("ALARM_EMAIL", ""),
        help="who is told of dead letters and errors",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        default=bool(os.environ.get("DRY_RUN")),
        help="read, say, change nothing",
    )
    given = parser.parse_args(arguments)
    built = ROOT / ".build" / given.stage
    try:
        clients = real_clients()
        if given.dry_run:
            return _rehearse(given.stage, built, clients, given.alarm_email)
        outputs = deploy(given.stage, built, clients, alarm_email=given.alarm_email)
        for line in what_is_left(stacks.variables(given.stage), outputs):
            sys.stdout.write(f"   {line}\n")
    except DeployError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _rehearse(stage: str, built: Path, clients: Clients, alarm_email: str) -> int:
    for line in rehearsal(stage, built, clients, alarm_email):
        sys.stdout.write(line + "\n")
    return 0


def rehearsal(stage: str, built: Path, clients: Clients, alarm_email: str = "") -> list[str]:
    """What `deploy` would do now; only reads. Raises `DeployError` as `deploy` would."""
    settings = stacks.variables(stage)
    _check(built, ("state.yaml", "functions.json", *CODE_KEYS))
    lines = []
    for name in (state_stack(stage), functions_stack(stage)):
        stack = stacks.find(clients, name)
        lines.append(f"{name}: would be {'created' if stack is None else 'updated'}")
    wanted = state_parameters(stage, settings, alarm_email)
    wanted |= texts.state_parameters(stage, settings, clients)
    for key, value in wanted.items():
        lines.append(f"  {key} = {value or '(empty)'}")
    sizes = [f"{name}: {(built / name).stat().st_size / 1e6:.2f} MB" for name in CODE_KEYS]
    return [*lines, *sizes]


if __name__ == "__main__":
    sys.exit(main())
