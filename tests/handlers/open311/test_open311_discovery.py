"""What the discovery document of a real installation says beside its own address."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tests.handlers.programs import Program
from tests.harness import Harness


def test_discovery_lists_the_installation_for_trying_beside_the_real_one() -> None:
    url = "https://try.city.example/live/open311/v2"
    with Harness.boot(open311_test_url=url, stage="prod") as town:
        program = Program(town)
        ours, test = program.get("/discovery.json").json()["endpoints"]
        assert (ours["type"], test["type"], test["url"]) == ("production", "test", url)
        assert {**test, "url": "", "type": ""} == {**ours, "url": "", "type": ""}
        tree = ET.fromstring(program.get("/discovery.xml").body)
        assert [each.text for each in tree.iter("url")] == [ours["url"], url]


def test_an_installation_without_another_lists_itself_alone() -> None:
    with Harness.boot() as town:
        [own] = Program(town).get("/discovery.json").json()["endpoints"]
        assert own["url"].endswith("/open311/v2")
