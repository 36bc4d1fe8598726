"""The REST API as packaged: one route of the gateway for all of ours, and refusals in our own form."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from chalicelib.channels import bounds
from chalicelib.handlers.http.answers import SECURITY_HEADERS
from infra.api import TOLD
from infra.cloudformation import Template
from infra.local.gateway import MOST_EVENT

ANY = "x-amazon-apigateway-any-method"
MOST_RESOURCES = 100  # of 300 that an API may have ("Amazon API Gateway quotas")


@pytest.fixture(scope="module")
def body(functions: Template) -> dict[str, Any]:
    return dict(functions["Resources"]["RestAPI"]["Properties"]["Body"])


def test_there_is_room_for_whatever_is_built(body: dict[str, Any]) -> None:
    paths = [path.strip("/").split("/") for path in body["paths"]]
    resources = {tuple(parts[: n + 1]) for parts in paths for n in range(len(parts))}
    assert len(resources) < MOST_RESOURCES


def test_every_path_and_method_is_the_apps(body: dict[str, Any]) -> None:
    assert set(body["paths"]) == {"/", "/{proxy+}"}  # the second does not take in the first
    for methods in body["paths"].values():
        (method,) = methods.items()
        assert method[0] == ANY
        integration = method[1]["x-amazon-apigateway-integration"]
        assert (integration["type"], integration["httpMethod"]) == ("aws_proxy", "POST")
        assert "${APIHandlerAliaslive}" in integration["uri"]["Fn::Sub"]
    (proxy,) = body["paths"]["/{proxy+}"][ANY]["parameters"]
    assert (proxy["name"], proxy["in"], proxy["required"]) == ("proxy", "path", True)


def test_photos_pass_the_gateway_unharmed(body: dict[str, Any]) -> None:
    assert {"*/*", "multipart/form-data"} == set(body["x-amazon-apigateway-binary-media-types"])


def test_long_answers_are_packed(functions: Template) -> None:
    assert functions["Resources"]["RestAPI"]["Properties"]["MinimumCompressionSize"] == 1400


def refusals(body: dict[str, Any]) -> dict[str, Any]:
    return dict(body["x-amazon-apigateway-gateway-responses"])


def test_whatever_the_gateway_refuses_has_words_of_ours(body: dict[str, Any]) -> None:
    """Each that is not named falls back to its family ("Gateway response types")."""
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(refusals(body)) == set(TOLD)


@pytest.mark.parametrize("name", sorted(TOLD))
def test_a_refusal_has_our_shape_and_headers(body: dict[str, Any], name: str) -> None:
    refusal, told = refusals(body)[name], TOLD[name]
    (error,) = json.loads(refusal["responseTemplates"]["application/json"])
    in_xml = ET.fromstring(refusal["responseTemplates"]["text/xml"])
    assert error["code"] == in_xml.findtext("error/code") == told.code
    assert error["description"] == in_xml.findtext("error/description") == told.text
    assert told.text in refusal["responseTemplates"]["text/html"]
    assert refusal.get("statusCode") == (
        None if name.startswith("DEFAULT_") else told.code.partition(".")[0]
    )
    named = {key.rpartition(".")[2] for key in refusal["responseParameters"]}
    assert set(SECURITY_HEADERS) <= named
    for value in refusal["responseParameters"].values():
        assert re.fullmatch("'[^']+'", value), value  # a quote inside would end it


def test_the_limit_that_is_told_is_the_one_that_holds(body: dict[str, Any]) -> None:
    told = re.search(r"(\d+) MB", TOLD["REQUEST_TOO_LARGE"].text)
    assert told
    assert int(told[1]) == bounds.REQUEST_BYTES // 1_000_000
    with_base_64 = bounds.REQUEST_BYTES * 4 / 3
    assert with_base_64 + 100_000 < MOST_EVENT, "headers and what else an event holds"
