"""Releases kept in their bucket: templates and zips by digest, with what each was deployed with.

`releases/<digest of the zip>.zip` may belong to several; `kept/<digest of the release>/` has both
templates and, written last, `release.json`: without it nothing was ever kept whole.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra import stacks, versions
from infra.package import CODE_KEYS, ORIGIN
from infra.stacks import Clients, DeployError

KEPT = 10
SHORT = 12  # digits of a digest that people see
TEMPLATES = ("state.yaml", "functions.json")
_FOLDER, _RECORD = "kept/", "release.json"
_ZIP = re.compile(r"releases/[0-9a-f]{64}\.zip")


@dataclass(frozen=True)
class Release:
    """What was released, when and by whom, and the parameters of the functions' stack of then."""

    digest: str
    at: str
    who: str
    version: str
    commit: str
    zips: Mapping[str, str]  # the parameter that names each -> its key
    parameters: Mapping[str, str]

    def code(self) -> dict[str, str]:
        """The parameters that name this release and its zips."""
        return {**self.zips, "Release": self.digest}

    def is_named_in(self, values: Collection[str]) -> bool:
        """Whether parameters with these values lead to it; older templates have no digest."""
        return self.digest in values or set(self.zips.values()) <= set(values)

    def __str__(self) -> str:
        parts = (self.digest[:SHORT], self.at[:16], self.version, self.commit[:10], self.who)
        return "  ".join(parts)


def keep(clients: Clients, bucket: str, built: Path, parameters: Mapping[str, str]) -> Release:
    """Put a package into the bucket, whole, and write down what it is going to be deployed with, but
    no secret."""
    parts = {name: (built / name).read_bytes() for name in TEMPLATES}
    zips = {parameter: (built / name).read_bytes() for name, parameter in CODE_KEYS.items()}
    origin = json.loads((built / ORIGIN).read_text())
    now = datetime.now(UTC).isoformat()
    release = _release(parts, zips, parameters, at=now, who=_who(clients), **origin)
    return _put(clients, bucket, release, parts, zips)


def adopt(clients: Clients, bucket: str, stage: str) -> Release | None:
    """Keep what runs if nobody did, as releases did not until 0.1.0, so that it can come back; what was
    kept now. None where there is nothing, or its zips are gone."""
    stack = stacks.find(clients, stacks.functions_stack(stage))
    if stack is None or running(stack, kept(clients, bucket)):
        return None
    values = stacks.parameters_of(stack)
    keys = {name: value for name, value in values.items() if _ZIP.fullmatch(value)}
    zips = {name: _read(clients, bucket, key) for name, key in keys.items()}
    found = {name: body for name, body in zips.items() if body is not None}
    if not found or len(found) < len(keys):
        return None
    stacks_of = (stacks.state_stack(stage), stacks.functions_stack(stage))
    bodies = [_template(clients, name) for name in stacks_of]
    parts = dict(zip(TEMPLATES, bodies, strict=True))
    at = stack.get("LastUpdatedTime", stack["CreationTime"]).isoformat()
    release = _release(parts, found, values, at=at, who="?", version="?", commit="?")
    return _put(clients, bucket, release, parts, found)


def kept(clients: Clients, bucket: str) -> list[Release]:
    """Every release that is kept whole, the newest first."""
    pages = clients("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=_FOLDER)
    keys = (found["Key"] for page in pages for found in page.get("Contents", []))
    records = [_read(clients, bucket, key) for key in keys if key.endswith(f"/{_RECORD}")]
    found = [Release(**json.loads(record)) for record in records if record]
    return sorted(found, key=lambda release: release.at, reverse=True)


def chosen(found: Collection[Release], digest: str) -> Release:
    """The one release whose digest begins so. Raises `DeployError` when it is none or several."""
    matching = [
        release for release in found if digest and release.digest.startswith(digest.lower())
    ]
    if len(matching) == 1:
        return matching[0]
    if matching:
        told = ", ".join(release.digest[:SHORT] for release in matching)
        raise DeployError(f"{digest} begins several digests: {told}. Say more of it.")
    raise DeployError(f"No kept release begins with {digest!r}; make releases lists them.")


def fetch(clients: Clients, bucket: str, release: Release, folder: Path) -> Path:
    """The functions' template of a release, written to `folder`.

    Raises `DeployError` when what is kept, zips and all, is not what was released.
    """
    keys = {name: f"{_FOLDER}{release.digest}/{name}" for name in TEMPLATES} | dict(release.zips)
    parts = {name: _read(clients, bucket, key) for name, key in keys.items()}
    for name, body in parts.items():
        if body is None:
            raise _unfit(release, f"{name} is gone from {bucket}")
    whole = {name: body for name, body in parts.items() if body is not None}
    if digest_of(whole) != release.digest:
        raise _unfit(release, "its content does not fit its digest")
    path = folder / TEMPLATES[1]
    path.write_bytes(whole[path.name])
    return path


def tidy(
    clients: Clients, stage: str, bucket: str, before: Mapping[str, Any] | None
) -> Iterator[str]:
    """Delete old versions and releases, but not what runs and what ran `before`; yields what was done.

    Nothing depends on it, so what AWS refuses is told and left to the next deployment.
    """
    name = stacks.functions_stack(stage)
    try:
        for version in versions.forget_old(clients, name):
            yield f"Deleted the old version {version}."
        named = values_of(before) | values_of(stacks.find(clients, name))
        for release in forget_old(clients, bucket, named):
            yield f"Deleted the old release {release}."
    except (BotoCoreError, ClientError) as error:
        yield f"What is old stays this time: {error}"


def forget_old(clients: Clients, bucket: str, named: Collection[str]) -> Iterator[Release]:
    """Delete what is older than the last ones; never what parameters with these values lead to."""
    found = kept(clients, bucket)
    old = [release for release in found[KEPT:] if not release.is_named_in(named)]
    left = {key for release in found if release not in old for key in release.zips.values()}
    for release in old:
        files = {f"{_FOLDER}{release.digest}/{name}" for name in TEMPLATES}
        # The record first: what is half deleted is not offered any more.
        for key in [_record_key(release.digest), *files, *(set(release.zips.values()) - left)]:
            clients("s3").delete_object(Bucket=bucket, Key=key)
        yield release


def running(stack: Mapping[str, Any] | None, found: Collection[Release]) -> Release | None:
    """Which of the kept ones the functions' stack has, if it is one of them."""
    values = values_of(stack)
    by_digest = [release for release in found if release.digest in values]
    return next(iter(by_digest or [each for each in found if each.is_named_in(values)]), None)


def values_of(stack: Mapping[str, Any] | None) -> set[str]:
    """What a stack's parameters are set to."""
    return {p["ParameterValue"] for p in (stack or {}).get("Parameters", [])}


def digest_of(parts: Mapping[str, bytes]) -> str:
    """The digest of a whole package, out of those of its parts."""
    lines = (f"{name} {hashlib.sha256(body).hexdigest()}\n" for name, body in sorted(parts.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _release(
    parts: Mapping[str, bytes],
    zips: Mapping[str, bytes],
    parameters: Mapping[str, str],
    **known: str,
) -> Release:
    templates = json.loads(parts["functions.json"])
    secret = {name for name, p in templates.get("Parameters", {}).items() if p.get("NoEcho")}
    told = {name: value for name, value in parameters.items() if name not in secret}
    keys = {name: _zip_key(body) for name, body in zips.items()}
    return Release(digest_of({**parts, **zips}), zips=keys, parameters=told, **known)


def _put(
    clients: Clients,
    bucket: str,
    release: Release,
    parts: Mapping[str, bytes],
    zips: Mapping[str, bytes],
) -> Release:
    folder = f"{_FOLDER}{release.digest}/"
    bodies = {release.zips[name]: body for name, body in zips.items()}
    bodies |= {f"{folder}{name}": body for name, body in parts.items()}
    bodies[_record_key(release.digest)] = json.dumps(asdict(release)).encode()
    for key, body in bodies.items():
        clients("s3").put_object(Bucket=bucket, Key=key, Body=body)
    return release


def _template(clients: Clients, stack: str) -> bytes:
    body = clients("cloudformation").get_template(StackName=stack)["TemplateBody"]
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _zip_key(code: bytes) -> str:
    return f"releases/{hashlib.sha256(code).hexdigest()}.zip"


def _record_key(digest: str) -> str:
    return f"{_FOLDER}{digest}/{_RECORD}"


def _read(clients: Clients, bucket: str, key: str) -> bytes | None:
    try:
        found = clients("s3").get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return None
    return bytes(found["Body"].read())


def _unfit(release: Release, why: str) -> DeployError:
    return DeployError(
        f"Release {release.digest[:SHORT]} cannot be put back: {why}. Choose another (make releases), "
        f"or deploy its commit {release.commit[:10]} again."
    )


def _who(clients: Clients) -> str:
    try:
        return str(clients("sts").get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError):
        return "?"
