"""The templates as they will be deployed, made once for all tests of this folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.cloudformation import Template, load_template
from infra.package import ROOT, package

THIS_PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture(scope="session")
def state() -> Template:
    return load_template(ROOT / "infra/template.yaml")


@pytest.fixture(scope="session")
def templates_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make package` makes, without libraries: no network, a second or two."""
    out = tmp_path_factory.mktemp("package") / "dev"
    package("dev", out, runtime=THIS_PYTHON, with_code=False)
    return out


@pytest.fixture(scope="session")
def functions(templates_folder: Path) -> Template:
    return dict(json.loads((templates_folder / "functions.json").read_text()))


@pytest.fixture(scope="session")
def package_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make package` makes, whole."""
    out = tmp_path_factory.mktemp("package") / "dev"
    package("dev", out, runtime=THIS_PYTHON, fetched=ROOT / ".build/fetched")
    return out


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], object]]:
    """An empty account on moto; gives clients."""
    import boto3
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield lambda service: boto3.client(service, region_name="us-east-1")
