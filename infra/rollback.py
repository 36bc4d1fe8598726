"""`make rollback STAGE=x TO=digest` puts a kept release back; `make releases STAGE=x` lists what is kept.

Functions alone go back, with the parameters of then; the state stack and what lies in it stay.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra import releases, stacks, versions
from infra.cloudformation import Template, load_template
from infra.deploy import real_clients
from infra.plainly import plainly
from infra.releases import Release
from infra.restoring.functions import PARAMETER, STREAM
from infra.restoring.tables import stream_of
from infra.stacks import Clients, DeployError, functions_stack, state_stack

# Where things are and how they are reached: of now, whatever it was then. So is CloudFront's secret, which
# no release has written down.
PLACES = (
    "CodeBucket",
    "TableName",
    "PublicUrl",
    "DomainName",
    "CertificateArn",
    "RawAddress",
    "FrontMark",
    "RequestsFromOneAddress",
    "NetworksWithoutLimit",
)
_USUAL = ("", "open", "0")


def rollback(
    stage: str, to: str, clients: Clients, *, pause: Callable[[float], None] = time.sleep
) -> Release:
    """Put the kept release whose digest begins with `to` in the place of what runs, all at once.

    Raises `DeployError` where it is unknown, not what was released, or needs what is not there.
    """
    bucket = _bucket(stage, clients)
    release = releases.chosen(releases.kept(clients, bucket), to)
    name = functions_stack(stage)
    existing = stacks.settle(clients, name, pause)
    if existing is None:
        raise DeployError(f"{name} is not there; run make deploy STAGE={stage}.")
    with TemporaryDirectory() as folder:
        path = releases.fetch(clients, bucket, release, Path(folder))
        template = load_template(path)
        now = stacks.parameters_of(existing)
        places = {name: now[name] for name in PLACES if name in now}
        _check_places(template, release, stage, places)
        _check_imports(template, release, stage, clients)
        # Nobody waits five minutes for what is known to work.
        wanted = {**release.parameters, **places, **release.code(), "Canary": "no"}
        if STREAM in template["Parameters"]:  # what runs may not read it
            wanted[STREAM] = stream_of(
                clients("dynamodb"), now.get(PARAMETER, f"civicline-{stage}")
            )
        versions.put(clients, name, path, wanted, bucket=bucket, pause=pause)
    return release


def listing(stage: str, clients: Clients) -> Iterator[str]:
    """What is kept, the newest first, and which of them runs."""
    found = releases.kept(clients, _bucket(stage, clients))
    runs = releases.running(stacks.find(clients, functions_stack(stage)), found)
    if runs is None:
        yield "What runs is none of the kept releases."
    for release in found:
        yield f"{release}{'  runs' if release is runs else ''}"


def _bucket(stage: str, clients: Clients) -> str:
    found = stacks.outputs(clients, state_stack(stage)).get("ReleasesBucket")
    if not found:
        raise DeployError(f"{state_stack(stage)} is not there; run make deploy STAGE={stage}.")
    return found


def _check_places(
    template: Template, release: Release, stage: str, places: Mapping[str, str]
) -> None:
    """A release that does not know a place would go on with the one of then, and leave ours."""
    for place, value in places.items():
        if place not in template["Parameters"] and value not in (*_USUAL, f"civicline-{stage}"):
            raise _lacking(release, f"knows no {place}, which is {value}")


def _check_imports(template: Template, release: Release, stage: str, clients: Clients) -> None:
    pages = clients("cloudformation").get_paginator("list_exports").paginate()
    there = {export["Name"] for page in pages for export in page["Exports"]}
    if missing := sorted(set(_imports(template, stage)) - there):
        raise _lacking(release, f"needs {', '.join(missing)}, which no stack here has")


def _imports(value: Any, stage: str) -> Iterator[str]:
    """The exports of the state stack that a template leans on."""
    if isinstance(value, dict) and "Fn::ImportValue" in value:
        named = value["Fn::ImportValue"]
        text = named if isinstance(named, str) else str(named["Fn::Sub"])
        yield re.sub(r"\$\{Stage\}", stage, text)
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _imports(each, stage)


def _lacking(release: Release, what: str) -> DeployError:
    return DeployError(
        f"Release {release.digest[: releases.SHORT]} cannot be put back: it {what}. Choose a later one "
        "(make releases)."
    )


@plainly
def main(arguments: list[str] | None = None) -> int:
    """List the kept releases, or with --to put one back."""
    parser = argparse.ArgumentParser(prog="make rollback", description="Put a release back.")
    parser.add_argument("--stage", required=True)
    parser.add_argument("--to", help="how its digest begins; without it, what is kept is listed")
    given = parser.parse_args(arguments)
    clients = real_clients()
    if given.to is None:
        sys.stdout.writelines(f"{line}\n" for line in listing(given.stage, clients))
        return 0
    release = rollback(given.stage, given.to, clients)
    sys.stdout.write(
        f"This runs now: {release}\nmake smoke STAGE={given.stage} asks whether all is well.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
