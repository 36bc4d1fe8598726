"""The commands of docs/moving.md, as an operator gives them, on a deployed stage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from infra import export
from infra.cloudformation import Template
from infra.deploy import environment, plant
from infra.moto_models import deploy
from infra.settings import EXAMPLE, StageSettings

arriving = import_module("infra.import")


@pytest.fixture(autouse=True)
def settings_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETTINGS", str(tmp_path))
    shutil.copy(EXAMPLE, tmp_path / "dev.yaml")


@pytest.fixture
def stage(
    aws: Callable[[str], Any], state: Template, settings: StageSettings, rule_set: None
) -> str:
    outputs = deploy(
        state, "civicline-state-dev", {"Stage": "dev", "AlarmEmail": "it@city.example"}
    )
    plant(settings.variables() | environment(outputs), aws)
    return "dev"


def test_a_stage_goes_out_and_in(
    stage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "out")
    assert export.main([folder, "--stage", stage]) == 0
    assert f"The export is in {folder}." in capsys.readouterr().out
    assert arriving.main([folder, "--stage", stage]) == 0
    assert "  catalogue.jsonl" in capsys.readouterr().out
    assert arriving.main([folder, "--stage", stage]) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_a_stage_that_is_not_there_is_named(
    aws: Callable[[str], Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export.main([str(tmp_path / "out"), "--stage", "dev"]) == 1
    assert "civicline-state-dev is not there; run make deploy STAGE=dev" in capsys.readouterr().err
    assert arriving.main([str(tmp_path), "--stage", "nowhere"]) == 1
    assert capsys.readouterr().err
