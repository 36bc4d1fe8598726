"""A package fits every region and partition: what only AWS can know is left for AWS to fill in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.package import ROOT, package
from infra.settings import StageSettings
from tests.infra.resources import lint

STACKS = ("functions.json", "state.yaml")
REGION = re.compile(r"\b(?:us|eu|ap|ca|sa|mx|cn|me|af|il)(?:-gov|-iso[a-z]?)?-[a-z]{4,9}-\d\b")
PARTITION = re.compile(r"\barn:aws(?:-[a-z-]+)?:")
# Where a city may want to run; receiving mail is not to be had in all of them.
REGIONS = ("us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-1", "ca-central-1")


@pytest.fixture(params=["eu-west-1", "us-gov-west-1", "cn-north-1"])
def elsewhere(
    request: pytest.FixtureRequest,
    settings: StageSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """What is packaged by somebody whose environment names that region."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, request.param)
    package(settings, tmp_path / "dev", with_code=False)
    return tmp_path / "dev"


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("frozen", [REGION, PARTITION])
def test_no_stack_names_a_region_or_a_partition(
    templates_folder: Path, stack: str, frozen: re.Pattern[str]
) -> None:
    assert frozen.findall((templates_folder / stack).read_text("utf-8")) == []


def test_the_package_is_the_same_wherever_it_was_made(
    templates_folder: Path, elsewhere: Path
) -> None:
    for stack in STACKS:
        assert (elsewhere / stack).read_text() == (templates_folder / stack).read_text()


def test_both_stacks_are_sound_in_every_region(templates_folder: Path) -> None:
    paths = [templates_folder / "functions.json", ROOT / "infra/template.yaml"]
    assert lint(*paths, regions=REGIONS) == (0, "")
