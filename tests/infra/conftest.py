"""The templates as they will be deployed, made once for all tests of this folder."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.cloudformation import Template, load_template
from infra.moto_models import LEFT_OUT, deploy
from infra.package import CODE_KEYS, package
from infra.settings import EXAMPLE, ROOT, StageSettings, read
from infra.target import Target

SETTINGS = read(EXAMPLE, stage="dev")


@pytest.fixture(scope="session")
def settings() -> StageSettings:
    """What is shipped as an example, for a stage `dev`."""
    return SETTINGS


@pytest.fixture(scope="session")
def state() -> Template:
    return load_template(ROOT / "infra/template.yaml")


@pytest.fixture(scope="session")
def templates_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make package` makes, without libraries: no network, a second or two."""
    out = tmp_path_factory.mktemp("package") / "dev"
    package(SETTINGS, out, with_code=False)
    return out


@pytest.fixture(scope="session")
def functions(templates_folder: Path) -> Template:
    return dict(json.loads((templates_folder / "functions.json").read_text()))


@pytest.fixture(scope="session")
def front(templates_folder: Path) -> Template:
    return dict(json.loads((templates_folder / "front.json").read_text()))


@pytest.fixture(scope="session")
def package_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make package` makes for this Python and this machine, whole."""
    out = tmp_path_factory.mktemp("package") / "dev"
    package(SETTINGS, out, Target.here())
    return out


@pytest.fixture
def built(templates_folder: Path, tmp_path: Path) -> Path:
    return small_package(templates_folder, tmp_path / "dev")


@pytest.fixture
def hearing(templates_folder: Path, tmp_path: Path) -> Path:
    """`built`, whose functions hear their queues."""
    return small_package(templates_folder, tmp_path / "dev", hears=True)


def small_package(templates: Path, folder: Path, *, hears: bool = False) -> Path:
    """A package whose zip is small, whose API has no deployment, which moto refuses, and whose functions
    hear no queue: moto would run them in a container."""
    left_out = LEFT_OUT if hears else LEFT_OUT | {"AWS::Lambda::EventSourceMapping"}
    shutil.copytree(templates, folder)
    functions: Template = json.loads((folder / "functions.json").read_text())
    functions["Resources"] = {
        key: resource
        for key, resource in functions["Resources"].items()
        if resource["Type"] not in left_out
    }
    (folder / "functions.json").write_text(json.dumps(functions))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("app.py", "")
    for name in CODE_KEYS:
        (folder / name).write_bytes(archive.getvalue() + name.encode())
    return folder


@contextmanager
def empty_account() -> Iterator[Callable[[str], object]]:
    """An empty account on moto, as quick as the town's; gives clients."""
    import boto3
    from moto import mock_aws

    from infra.local import engine

    engine.install()
    with pytest.MonkeyPatch.context() as patched:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patched.setenv(name, "test")
        patched.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with mock_aws():
            made: dict[str, object] = {}

            def client(service: str) -> object:
                if service not in made:
                    made[service] = boto3.client(service, region_name="us-east-1")
                return made[service]

            yield client
    engine.uninstall()


@pytest.fixture
def aws() -> Iterator[Callable[[str], object]]:
    with empty_account() as clients:
        yield clients


@pytest.fixture
def rule_set(aws: Callable[[str], object]) -> None:
    """The set of receipt rules that the account's stages share."""
    deploy(load_template(ROOT / "infra/receiving.yaml"), "civicline-receiving", {})
