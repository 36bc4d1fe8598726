"""What preflight and smoke read of an account: each lack is seen, named, and has its remedy."""

from __future__ import annotations

from typing import Any

import pytest

from infra.account import Account, questions
from infra.checks import Check, asked
from infra.settings import EXAMPLE, StageSettings, read
from tests.infra.laid_down import Client, refused

SETTINGS = read(EXAMPLE, stage="prod", sms_origination="+15550100")


READY: dict[str, dict[str, Any]] = {
    "acm": {},
    "sts": {"get_caller_identity": {"Account": "123456789012"}},
    "ses": {"describe_active_receipt_rule_set": {"Metadata": {"Name": "civicline"}}},
    "sesv2": {
        "get_email_identity": refused("NotFoundException"),
        "get_account": {
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0},
        },
    },
    "cloudformation": {"describe_stacks": refused("does not exist")},
    "lambda": {"get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 1000}}},
    "sns": {"get_sms_sandbox_account_status": {"IsInSandbox": False}},
    "pinpoint-sms-voice-v2": {
        "describe_account_attributes": {
            "AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "PRODUCTION"}]
        },
        "describe_spend_limits": {
            "SpendLimits": [
                {
                    "Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT",
                    "EnforcedLimit": 1,
                    "MaxLimit": 100,
                }
            ]
        },
    },
}


def checked(
    settings: StageSettings = SETTINGS, *, receives: bool = True, **changed: dict[str, Any]
) -> dict[str, Check]:
    answers = {
        service: {**calls, **changed.get(service.replace("-", "_"), {})}
        for service, calls in READY.items()
    }
    clients = {service: Client(calls) for service, calls in answers.items()}
    found = asked(questions(Account(settings, clients.__getitem__), lambda _name: receives))
    return {check.question: check for check in found}


def lacking(*given: Any, **changed: Any) -> set[str]:
    found = checked(*given, **changed).values()
    assert all(check.remedy for check in found)
    return {check.question for check in found if not check.holds}


def test_an_account_that_is_ready_lacks_nothing() -> None:
    assert lacking() == set()


MAIL = {"ProductionAccessEnabled": True, "SendingEnabled": True}
SANDBOX = {"SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0}}
ROOM = {"SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0}}
LIMITS = "describe_spend_limits"


@pytest.mark.parametrize(
    ("changed", "question"),
    [
        ({"receives": False}, "Mail can be received in eu-west-1"),
        ({"sts": {"get_caller_identity": refused("ExpiredToken")}}, "AWS knows who asks"),
        (
            {"ses": {"describe_active_receipt_rule_set": {"Metadata": {"Name": "theirs"}}}},
            "The receipt rules are ours to use",
        ),
        ({"sesv2": {"get_email_identity": {}}}, "The mail domains are ours to use"),
        (
            {"sesv2": {"get_account": MAIL | ROOM | {"ProductionAccessEnabled": False}}},
            "Mail may leave to anybody",
        ),
        ({"sesv2": {"get_account": MAIL | SANDBOX}}, "SES sends, and enough"),
        (
            {"sesv2": {"get_account": MAIL | ROOM | {"SendingEnabled": False}}},
            "SES sends, and enough",
        ),
        (
            {"lambda": {"get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 10}}}},
            "30 functions may run at once",
        ),
        (
            {"sns": {"get_sms_sandbox_account_status": {"IsInSandbox": True}}},
            "Texts may leave to anybody",
        ),
        ({"pinpoint_sms_voice_v2": {LIMITS: {"SpendLimits": []}}}, "Texts may cost 100 $ a month"),
        (
            {"pinpoint_sms_voice_v2": {LIMITS: refused("AccessDenied")}},
            "Texts may cost 100 $ a month",
        ),
    ],
)
def test_a_lack_is_seen_and_nothing_else_is(changed: dict[str, Any], question: str) -> None:
    assert lacking(SETTINGS.model_copy(update={"concurrency_warning": 8}), **changed) == {question}


def test_a_warning_above_the_accounts_limit_would_never_ring() -> None:
    limit = {"get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 400}}}
    assert lacking(**{"lambda": limit}) == {"Somebody is warned when 800 run"}
    lower = SETTINGS.model_copy(update={"concurrency_warning": 320})
    assert lacking(lower, **{"lambda": limit}) == set()


def test_end_user_messaging_has_a_sandbox_of_its_own() -> None:
    chosen = SETTINGS.model_copy(update={"sms_sender": "end-user-messaging"})
    attributes = {"AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "SANDBOX"}]}
    changed = {"pinpoint_sms_voice_v2": {"describe_account_attributes": attributes}}
    assert lacking(chosen, **changed) == {"Texts may leave to anybody"}
    assert lacking(**changed) == set(), "SNS has another"


def test_a_city_without_a_number_is_asked_nothing_about_texts() -> None:
    found = checked(SETTINGS.model_copy(update={"sms_origination": None}))
    assert not any("Texts" in question for question in found)


def test_identities_that_the_city_says_are_there_are_no_obstacle() -> None:
    chosen = SETTINGS.model_copy(update={"mail_identities": "existing"})
    assert lacking(chosen, sesv2={"get_email_identity": {}}) == set()


def test_a_rule_set_that_the_city_joins_is_ours_to_use() -> None:
    theirs = {"describe_active_receipt_rule_set": {"Metadata": {"Name": "theirs"}}}
    assert lacking(SETTINGS.model_copy(update={"receipt_rule_set": "theirs"}), ses=theirs) == set()


CERTIFICATE = {"DomainName": "*.city.example", "Status": "ISSUED"}
OWN_DOMAIN = SETTINGS.model_copy(
    update={"domain_name": "311.city.example", "certificate_arn": "arn:aws:acm:x:y:certificate/z"}
)


@pytest.mark.parametrize(
    ("changed", "serves"),
    [
        ({}, True),
        ({"DomainName": "other.example", "SubjectAlternativeNames": ["311.city.example"]}, True),
        ({"DomainName": "other.example"}, False),
        ({"Status": "PENDING_VALIDATION"}, False),
        ({"RenewalSummary": {"RenewalStatus": "FAILED"}}, False),
    ],
)
def test_a_certificate_serves_the_citys_name_or_is_told(
    changed: dict[str, Any], serves: bool
) -> None:
    found = {"describe_certificate": {"Certificate": CERTIFICATE | changed}}
    expected = set() if serves else {"The certificate serves 311.city.example"}
    assert lacking(OWN_DOMAIN, acm=found) == expected


def test_cloudfronts_certificate_is_asked_for_in_its_own_region() -> None:
    behind = OWN_DOMAIN.model_copy(update={"front_certificate_arn": "arn:aws:acm:us-east-1:y:z"})
    pending = {"Certificate": CERTIFICATE | {"Status": "PENDING_VALIDATION"}}
    near = {service: Client(calls) for service, calls in READY.items()}
    near["acm"] = Client({"describe_certificate": {"Certificate": CERTIFICATE}})
    far = {"acm": Client({"describe_certificate": pending})}
    account = Account(behind, near.__getitem__, lambda: far.__getitem__)
    told = {q.text: q for q in questions(account, lambda _name: True) if "certificate" in q.text}
    found = {check.question: check for check in asked(told.values())}
    assert found["The certificate serves 311.city.example"].holds
    cloudfronts = found["CloudFront's certificate serves 311.city.example"]
    assert not cloudfronts.holds
    assert "us-east-1" in cloudfronts.remedy


@pytest.mark.parametrize("size", ["city", "province"])
def test_a_larger_place_needs_more_of_its_account(size: Any) -> None:
    small = {"get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 100}}}
    chosen = SETTINGS.model_copy(update={"size": size, "concurrency_warning": 80})
    few = {"get_account": MAIL | {"SendQuota": {"Max24HourSend": 5_000.0, "MaxSendRate": 14.0}}}
    found = lacking(chosen, sesv2=few, **{"lambda": small})
    assert "SES sends, and enough" in found
    assert any("functions may run at once" in question for question in found)


@pytest.mark.parametrize(("size", "needed"), [("village", 110), ("city", 200), ("province", 1_000)])
def test_what_is_reserved_leaves_the_hundred_that_aws_keeps_back(size: Any, needed: int) -> None:
    chosen = {"size": size, "reserve_concurrency": True, "concurrency_warning": 8}
    few = {"get_account_settings": {"AccountLimit": {"ConcurrentExecutions": needed - 1}}}
    found = lacking(SETTINGS.model_copy(update=chosen), **{"lambda": few})
    assert f"{needed} functions may run at once" in found


def test_what_was_read_is_said() -> None:
    told = str(checked()["SES sends, and enough"])
    assert told == "ok    SES sends, and enough: enough for 12,500 reports a day, 14 mails a second"
