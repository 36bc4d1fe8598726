"""CloudFront before a stage: what it keeps and hands on, and who is believed."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from chalicelib.config import LEAST_SECRET
from chalicelib.handlers.http.calls import FRONT
from infra.cloudformation import Template
from tests.handlers.http.test_caching import KEPT
from tests.harness import Harness
from tests.infra.resources import of_type

CACHING_DISABLED = (
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CloudFront, "Use managed cache policies"
)
PROGRAMS = ("/api", "/open311")  # what programs ask for comes whole: it may bear a key


@pytest.fixture(scope="module")
def config(front: Template) -> dict[str, Any]:
    (distribution,) = of_type(front, "AWS::CloudFront::Distribution").values()
    return dict(distribution["DistributionConfig"])


def behaviours(config: dict[str, Any]) -> list[dict[str, Any]]:
    return [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]


def behaviour(config: dict[str, Any], route: str) -> dict[str, Any]:
    """By which an address of a route is answered: the first pattern that fits, as CloudFront has it."""
    path = re.sub(r"\{\w+\}", "x", route)
    fits = (b for b in config["CacheBehaviors"] if fnmatchcase(path, b["PathPattern"]))
    return next(fits, config["DefaultCacheBehavior"])


def keeps(found: dict[str, Any]) -> bool:
    return bool(found["CachePolicyId"] != CACHING_DISABLED)


@pytest.fixture(scope="module")
def routes() -> dict[str, Any]:
    """What the app serves; it is imported in a town, for it reads the names of queues."""
    with Harness.boot():
        from app import app

        return dict(app.routes)


def test_it_keeps_what_says_that_it_may_be_kept_and_nothing_else(
    config: dict[str, Any], routes: dict[str, Any]
) -> None:
    kept = {r for r, m in routes.items() if "GET" in m and keeps(behaviour(config, r))}
    assert kept == {route for route in KEPT if not route.startswith(PROGRAMS)}


def test_nothing_that_changes_anything_comes_without_its_visitor(
    config: dict[str, Any], routes: dict[str, Any]
) -> None:
    """Where answers are kept, no cookie but the language and no address is handed on."""
    for route, methods in routes.items():
        if not set(methods) <= {"GET", "HEAD", "OPTIONS"}:
            assert not keeps(behaviour(config, route)), route


def test_how_long_is_said_by_the_answer_alone(front: Template) -> None:
    for policy in of_type(front, "AWS::CloudFront::CachePolicy").values():
        told = policy["CachePolicyConfig"]
        assert (told["MinTTL"], told["DefaultTTL"]) == (0, 0)
        assert told["MaxTTL"] >= 31_536_000, "files of ours are kept for a year"


def test_errors_are_never_kept(config: dict[str, Any]) -> None:
    """They hold the number of one visitor's request, and CloudFront would keep them ten seconds."""
    told = {
        each["ErrorCode"]: each["ErrorCachingMinTTL"] for each in config["CustomErrorResponses"]
    }
    assert told == dict.fromkeys((400, 403, 404, 405, 414, 416, *range(500, 505)), 0)


def test_a_page_is_kept_for_each_query_and_each_language(front: Template) -> None:
    policies = of_type(front, "AWS::CloudFront::CachePolicy")
    key = policies["Pages"]["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    assert key["HeadersConfig"]["Headers"] == ["Accept-Language"]
    assert key["CookiesConfig"] == {"CookieBehavior": "whitelist", "Cookies": ["lang"]}


def test_where_answers_are_kept_the_app_cannot_know_who_asks(
    front: Template, config: dict[str, Any]
) -> None:
    requests = of_type(front, "AWS::CloudFront::OriginRequestPolicy")
    for found in filter(keeps, behaviours(config)):
        told = requests[found["OriginRequestPolicyId"]["Ref"]]["OriginRequestPolicyConfig"]
        assert told["CookiesConfig"] == {"CookieBehavior": "none"}
        assert told["HeadersConfig"]["Headers"] == ["Host", "Accept"]


def test_everything_else_comes_whole_with_the_visitors_own_address(
    front: Template, config: dict[str, Any]
) -> None:
    found = config["DefaultCacheBehavior"]
    assert not keeps(found)
    policy = of_type(front, "AWS::CloudFront::OriginRequestPolicy")
    told = policy[found["OriginRequestPolicyId"]["Ref"]]["OriginRequestPolicyConfig"]
    assert told["HeadersConfig"] == {
        "HeaderBehavior": "allViewerAndWhitelistCloudFront",  # Host and Authorization, too
        "Headers": ["CloudFront-Viewer-Address"],
    }
    assert told["CookiesConfig"] == {"CookieBehavior": "all"}
    assert told["QueryStringsConfig"] == {"QueryStringBehavior": "all"}


def test_the_origin_is_told_by_a_secret_that_nobody_reads_in_the_stack(
    front: Template, config: dict[str, Any], functions: Template
) -> None:
    (origin,) = config["Origins"]
    (header,) = origin["OriginCustomHeaders"]
    assert header == {"HeaderName": FRONT, "HeaderValue": {"Ref": "FrontSecret"}}
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert front["Parameters"]["FrontSecret"]["MinLength"] == LEAST_SECRET
    for stack in (front, functions):
        assert stack["Parameters"]["FrontSecret"]["NoEcho"] is True
        assert "FrontSecret" not in json.dumps(stack["Outputs"])
    told = {
        name: f["Environment"]["Variables"].get("FRONT_SECRET")
        for name, f in of_type(functions, "AWS::Lambda::Function").items()
    }
    assert {name for name, value in told.items() if value} == {"APIHandler"}


def test_visitors_are_encrypted_and_methods_are_the_apps_to_refuse(config: dict[str, Any]) -> None:
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert config["HttpVersion"] == "http2and3"
    assert "Logging" not in config, "it would keep addresses, and paths with secrets"
    for found in behaviours(config):
        assert found["ViewerProtocolPolicy"] == "redirect-to-https"
        assert len(found["AllowedMethods"]) == 7
        assert found["Compress"] is True
        assert "ResponseHeadersPolicyId" not in found, "the app's own headers say it"


def test_the_firewall_is_for_cloudfront_off_at_first_and_remembers_nobody(
    front: Template, config: dict[str, Any]
) -> None:
    (firewall,) = of_type(front, "AWS::WAFv2::WebACL").values()
    assert firewall["Scope"] == "CLOUDFRONT"
    assert front["Parameters"]["RequestsFromOneAddress"]["Default"] == 0
    for name in ("Firewall", "FreeNetworks", "FrontAddressesRefused"):
        assert front["Resources"][name]["Condition"] == "CountsRequests"
    assert config["WebACLId"]["Fn::If"][0] == "CountsRequests"
    (rule,) = firewall["Rules"]
    for seen in (rule["VisibilityConfig"], firewall["VisibilityConfig"]):
        assert seen["SampledRequestsEnabled"] is False
