"""What an account and region must have or allow for a stage, before it is there and after; only reads."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from infra import front, receiving, stacks
from infra.checks import Answer, Question
from infra.cloudformation import load_template
from infra.settings import StageSettings
from infra.stacks import Clients

SANDBOX_MAILS = 200  # a day, in SES's sandbox
SANDBOX_DOLLARS = 1  # a month, for texts of a new account
MAILS_OF_A_REPORT = 4
# Of 100, 50,000 and 1,000,000 reports a month.
MAILS_A_DAY = {"village": SANDBOX_MAILS + 1, "city": 7_000, "province": 140_000}
FUNCTIONS = Path(__file__).with_name("functions.yaml")
NEEDED = "AccountConcurrency"
RESERVED = ("InboundEmail", "InboundSms", "DeliveryWorkers")
UNRESERVED = (
    100  # AWS lets nobody reserve the last ones (Lambda, "Configuring reserved concurrency")
)
DOC = "docs/deploy.md, step"
Resolve = Callable[[str], bool]


@dataclass(frozen=True)
class Account:
    """Where a stage is, or will be; `far` gives clients of CloudFront's region."""

    settings: StageSettings
    clients: Clients
    far: front.Far | None = None

    @property
    def region(self) -> str:
        """The region that the clients speak to."""
        return str(self.clients("cloudformation").meta.region_name)

    @property
    def sends_texts(self) -> bool:
        """Whether the city has a number, or asks for one."""
        return bool(self.settings.sms_origination or self.settings.text_number_type)


def questions(account: Account, resolve: Resolve | None = None) -> list[Question]:
    """Everything that a deployment cannot give itself."""
    found = [*_place(account, resolve or _resolves), *_mail(account), *_concurrency(account)]
    found += _certificates(account)
    if account.sends_texts:
        found += _texts(account)
    return found


def _place(it: Account, resolve: Resolve) -> list[Question]:
    return [
        Question(
            "AWS knows who asks",
            lambda: Answer(True, str(it.clients("sts").get_caller_identity()["Account"])),
            "put credentials into the environment (aws configure, or AWS_PROFILE)",
        ),
        Question(
            f"Mail can be received in {it.region}",
            lambda: resolve(f"inbound-smtp.{it.region}.amazonaws.com"),
            f"set AWS_REGION to a region where SES receives, {DOC} 1",
        ),
    ]


def _mail(it: Account) -> list[Question]:
    return [
        Question(
            "The receipt rules are ours to use",
            lambda: _rules(it),
            f"say receipt_rule_set in the settings, {DOC} 4",
        ),
        Question(
            "The mail domains are ours to use",
            lambda: _identities(it),
            "say mail_identities: existing in the settings, or delete those identities",
        ),
        Question(
            "Mail may leave to anybody",
            lambda: bool(it.clients("sesv2").get_account()["ProductionAccessEnabled"]),
            f"ask AWS to leave the SES sandbox, {DOC} 5",
        ),
        Question(
            "SES sends, and enough",
            lambda: _mail_quota(it),
            f"ask AWS for {MAILS_OF_A_REPORT} mails a day for each report of a day, {DOC} 5",
        ),
    ]


def _concurrency(it: Account) -> list[Question]:
    size = load_template(FUNCTIONS)["Mappings"]["Sizes"][it.settings.size]
    needed = int(size[NEEDED])
    if it.settings.reserve_concurrency:
        needed = max(needed, UNRESERVED + sum(int(size[name]) for name in RESERVED))
    warned = it.settings.concurrency_warning
    return [
        Question(
            f"{needed} functions may run at once",
            lambda: Answer(_runs_at_once(it) >= needed, str(_runs_at_once(it))),
            f"ask AWS for {needed} or more (Service Quotas, Lambda, Concurrent executions)",
        ),
        Question(
            f"Somebody is warned when {warned} run",
            lambda: warned <= _runs_at_once(it),
            "set concurrency_warning to four fifths of what may run at once",
        ),
    ]


def _certificates(it: Account) -> list[Question]:
    name, found = it.settings.domain_name, []
    remedy = f"set the record that ACM names, or make one for {name} in {{}}, {DOC} 8"
    if arn := it.settings.certificate_arn:
        told = f"The certificate serves {name}"
        found.append(
            Question(told, lambda: _serves(it.clients, arn, name), remedy.format(it.region))
        )
    if (far := it.far) and (near := it.settings.front_certificate_arn):
        told = f"CloudFront's certificate serves {name}"
        found.append(
            Question(told, lambda: _serves(far(), near, name), remedy.format(front.REGION))
        )
    return found


def _texts(it: Account) -> list[Question]:
    return [
        Question(
            "Texts may leave to anybody",
            lambda: not _is_text_sandbox(it),
            f"ask AWS to leave the SMS sandbox, {DOC} 7",
        ),
        Question(
            f"Texts may cost {it.settings.text_spend_limit} $ a month",
            lambda: _text_money(it),
            f"ask AWS's support for a higher SMS spend limit, {DOC} 7",
        ),
    ]


def _resolves(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, 25))
    except socket.gaierror:
        return False


def _rules(it: Account) -> Answer:
    """Ours will be made and activated where there is none; a set of others has to be named."""
    active, wanted = receiving.active(it.clients), it.settings.receipt_rule_set
    return Answer(active in ("", wanted), active or "none is active yet")


def _identities(it: Account) -> Answer:
    """A stack cannot make what is there already, unless it made it."""
    if it.settings.mail_identities == "existing":
        return Answer(True, "those that SES has")
    state = stacks.state_stack(it.settings.stage)
    taken = [
        domain
        for domain, resource in _domains(it.settings).items()
        if _has_identity(it, domain) and not stacks.holds(it.clients, state, resource)
    ]
    return Answer.none_of(taken)


def _domains(settings: StageSettings) -> dict[str, str]:
    """The domains that SES must know, and what makes them known."""
    sender = settings.parameters()["SenderDomain"]
    found = {settings.receiving_domain: "ReceivingIdentity"}
    return found | ({sender: "SenderIdentity"} if sender else {})


def _has_identity(it: Account, domain: str) -> bool:
    try:
        it.clients("sesv2").get_email_identity(EmailIdentity=domain)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NotFoundException":
            return False
        raise
    return True


def _mail_quota(it: Account) -> Answer:
    account = it.clients("sesv2").get_account()
    quota = account["SendQuota"]
    day, second = int(quota["Max24HourSend"]), quota["MaxSendRate"]
    without_end = day < 0
    reports = "no end of" if without_end else f"{day // MAILS_OF_A_REPORT:,}"
    fact = f"enough for {reports} reports a day, {second:g} mails a second"
    is_enough = without_end or day >= MAILS_A_DAY[it.settings.size]
    return Answer(bool(account["SendingEnabled"]) and is_enough, fact)


def _serves(clients: Clients, arn: str, name: str) -> Answer:
    """ACM renews what DNS proves; what it could not renew ends by its date."""
    found = clients("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    names = {found["DomainName"], *found.get("SubjectAlternativeNames", ())}
    serves = bool(names & {name, "*." + name.partition(".")[2]})
    renewal = found.get("RenewalSummary", {}).get("RenewalStatus", "")
    is_well = found["Status"] == "ISSUED" and renewal != "FAILED"
    return Answer(
        serves and is_well, f"{', '.join(sorted(names))}: {found['Status']} {renewal}".rstrip()
    )


def _runs_at_once(it: Account) -> int:
    limits = it.clients("lambda").get_account_settings()["AccountLimit"]
    return int(limits["ConcurrentExecutions"])


def _is_text_sandbox(it: Account) -> bool:
    if it.settings.sms_sender == "sns":
        return bool(it.clients("sns").get_sms_sandbox_account_status()["IsInSandbox"])
    found = it.clients("pinpoint-sms-voice-v2").describe_account_attributes()["AccountAttributes"]
    tiers = [each["Value"] for each in found if each["Name"] == "ACCOUNT_TIER"]
    return tiers != ["PRODUCTION"]


def _text_money(it: Account) -> Answer:
    """What AWS stops texts at, whichever API sends them: both spend from one account."""
    found = it.clients("pinpoint-sms-voice-v2").describe_spend_limits()["SpendLimits"]
    most = next((s for s in found if s["Name"] == "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT"), None)
    if most is None:
        return Answer(False, "AWS names no limit")
    limit = max(most["EnforcedLimit"], most["MaxLimit"])
    is_enough = limit >= it.settings.text_spend_limit and limit > SANDBOX_DOLLARS
    return Answer(is_enough, f"{most['EnforcedLimit']} $ now, {most['MaxLimit']} $ at most")
