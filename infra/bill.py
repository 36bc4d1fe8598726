"""The bill of materials of a release, by CycloneDX 1.6: which library in which version, and its hashes.

What is fetched is compared with the same hashes, so the bill says what is inside, not what was wanted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement

from infra.zips import KINDS

NAME = "bom.json"
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One library as a compiled file of requirements fixes it; `hashes` are SHA-256 of its files."""

    name: str
    version: str
    hashes: tuple[str, ...]


def pins(requirements: Path) -> Iterator[Pin]:
    """What a compiled file fixes. Raises `ValueError` for a line that fixes no version or has no hash."""
    text = requirements.read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield _pin(line)


def _pin(line: str) -> Pin:
    wanted, hashes = Requirement(line.partition(" --hash")[0]), tuple(_HASH.findall(line))
    versions = [each.version for each in wanted.specifier if each.operator == "=="]
    if len(versions) != 1 or not hashes:
        raise ValueError(f"{wanted.name} must have one version and its hashes: make requirements.")
    return Pin(wanted.name, versions[0], hashes)


def write_bill(out: Path, root: Path, origin: Mapping[str, str]) -> None:
    """Write the bill of what both zips hold into `out`."""
    bom = Bom()
    bom.metadata.component = Component(
        name="civicline", version=origin["version"], type=ComponentType.APPLICATION
    )
    holders: dict[Pin, list[str]] = {}
    for kind in KINDS:
        for pin in pins(root / kind.requirements):
            holders.setdefault(pin, []).append(kind.name)
    for pin, zips in holders.items():
        bom.components.add(_component(pin, zips))
    bom.register_dependency(bom.metadata.component, bom.components)
    text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=1)
    (out / NAME).write_text(text)


def _component(pin: Pin, zips: list[str]) -> Component:
    url = PackageURL("pypi", None, pin.name.lower(), pin.version)
    return Component(
        name=pin.name,
        version=pin.version,
        type=ComponentType.LIBRARY,
        purl=url,
        bom_ref=str(url),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=each) for each in pin.hashes],
        properties=[Property(name="civicline:zip", value=name) for name in zips],
    )
