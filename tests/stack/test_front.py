"""The city's own address and CloudFront before it, on two MiniStacks: the stage's region and us-east-1."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import front
from infra.package import CODE_KEYS, package
from infra.settings import StageSettings
from tests.stack.engine import Engine, running
from tests.stack.outside import SETTINGS

pytestmark = pytest.mark.stack
HERE = "eu-central-1"
CERTIFICATE = "arn:aws:acm:{}:000000000000:certificate/1"
ASKED = SETTINGS.model_copy(
    update={
        "domain_name": "311.city.example",
        "certificate_arn": CERTIFICATE.format(HERE),
        "front_certificate_arn": CERTIFICATE.format(front.REGION),
    }
)


class Deployed:
    """A stage whose functions have no code, for nobody calls them here."""

    def __init__(self, here: Engine, far: Engine, built: Path) -> None:
        self.here, self.far, self.built = here, far, built

    def deploy(self, settings: StageSettings) -> dict[str, str]:
        package(settings, self.built, with_code=False)
        empty = io.BytesIO()
        with zipfile.ZipFile(empty, "w") as code:
            code.writestr("app.py", "")
        for name in CODE_KEYS:
            (self.built / name).write_bytes(empty.getvalue())
        return self.here.deploy(settings, self.built, self.far)

    def variables(self) -> dict[str, str]:
        """What the API's function is told."""
        name = f"civicline-api-handler-{SETTINGS.stage}"
        found = self.here.client("lambda").get_function(FunctionName=name)
        return dict(found["Configuration"]["Environment"]["Variables"])

    def distribution(self) -> Any:
        """CloudFront's one."""
        client = self.far.client("cloudfront")
        (found,) = client.list_distributions()["DistributionList"]["Items"]
        return client.get_distribution_config(Id=found["Id"])["DistributionConfig"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Deployed]:
    with running(HERE) as here, running(front.REGION) as far:
        yield Deployed(here, far, tmp_path / SETTINGS.stage)


def test_the_address_cloudfront_and_the_closed_door_are_made_by_deploying(stage: Deployed) -> None:
    outputs = stage.deploy(ASKED)
    assert outputs["PublicAddress"] == "https://311.city.example"
    assert stage.variables()["PUBLIC_URL"] == "https://311.city.example"
    (mapping,) = stage.here.client("apigateway").get_base_path_mappings(
        domainName="311.city.example"
    )["items"]
    assert (mapping["stage"], mapping["basePath"]) == ("live", "(none)")
    config = stage.distribution()
    assert config["Aliases"]["Items"] == ["311.city.example"]
    (origin,) = config["Origins"]["Items"]
    assert origin["DomainName"] == outputs["DomainTarget"]
    (proof,) = origin["CustomHeaders"]["Items"]
    assert proof["HeaderValue"] == stage.variables()["FRONT_SECRET"]
    assert stage.variables()["FRONT_ONLY"] == "no"

    stage.deploy(ASKED.model_copy(update={"raw_address": "closed"}))
    assert stage.variables()["FRONT_ONLY"] == "yes"
    assert stage.variables()["FRONT_SECRET"] == proof["HeaderValue"], "both keep what they know"
