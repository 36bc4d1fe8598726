"""What the staff API accepts: one strict model per body; an unknown field is an error."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from chalicelib.channels import bounds
from chalicelib.notifications.broadcasts.rows import LONGEST_ROW
from chalicelib.tickets.model.ticket import Priority, Status

Words = Annotated[str, Field(max_length=bounds.TEXT)]
Reason = Annotated[str, Field(max_length=1_000)]
MessageKey = Annotated[str, Field(max_length=1_000)]
Code = Annotated[str, Field(max_length=64)]
Version = Annotated[int | None, Field(ge=0, le=999_999_999, strict=True)]
_VERSION = Field(default=None, description="The version you read; or send it as If-Match.")


class Body(BaseModel):
    """Strict: what is not named here is refused."""

    model_config = ConfigDict(extra="forbid")


class ReplyFile(Body):
    """A picture or PDF file that the citizen can fetch from the report's page."""

    filename: Annotated[str, Field(min_length=1, max_length=200)]
    content: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$")] = Field(
        description="The bytes in base 64."
    )


class Reply(Body):
    """Words for the citizen, files with them, and the status that the ticket takes."""

    text: Words
    files: Annotated[list[ReplyFile], Field(max_length=10)] = []
    then: Status | None = Field(default=None, description="The status the ticket takes with it.")
    version: Version = _VERSION


class Note(Body):
    """Words for colleagues."""

    text: Words
    version: Version = _VERSION


class Assignment(Body):
    """Who is answerable: a user name, `me`, or empty for nobody."""

    assignee: Annotated[str, Field(max_length=200)]
    version: Version = _VERSION


class StatusChange(Body):
    """Where the ticket goes, and what the citizen is told about it."""

    status: Status
    reason: Reason = ""
    version: Version = _VERSION


class PriorityChange(Body):
    """How much it matters, and why."""

    priority: Priority
    reason: Reason
    version: Version = _VERSION


class HandOver(Body):
    """The agency that takes the ticket, and why."""

    agency_code: Annotated[str, Field(max_length=64)]
    reason: Reason
    version: Version = _VERSION


class Refusal(Body):
    """Why it is not ours, and whose it is; no agency means that the arbiter's desk decides."""

    agency_code: Annotated[str, Field(max_length=64)] = ""
    reason: Reason
    version: Version = _VERSION


class SideChoice(Body):
    """One of the ticket's `asked_sides`: an area's code, or `-` for none of them."""

    side: Annotated[str, Field(max_length=64)]
    version: Version = _VERSION


class Reclassification(Body):
    """The service that the ticket is really about; `publish` shows a private report to everybody."""

    service_code: Annotated[str, Field(max_length=64)]
    reason: Reason = ""
    publish: bool = False
    version: Version = _VERSION


class Acceptance(Body):
    """Nothing but the version: the path says the rest."""

    version: Version = _VERSION


class EntryMove(Body):
    """The ticket to which a message belongs, and why."""

    to_ticket_id: Annotated[str, Field(max_length=64)]
    reason: Reason
    version: Version = _VERSION


class Joining(Body):
    """The report of the same matter that this one follows from now on."""

    main: Annotated[str, Field(max_length=64)]
    version: Version = _VERSION


class AddressRevocation(Body):
    """Whose reply addresses end (`email:` and the address), and why."""

    party: Annotated[str, Field(max_length=260, pattern=r"^email:\S+$")]
    reason: Reason
    version: Version = _VERSION


class Discard(Body):
    """Which held message is thrown away, and why."""

    message_key: MessageKey
    reason: Annotated[str, Field(min_length=1, max_length=1_000)]


class Release(Body):
    """Which held message is let in."""

    message_key: MessageKey


class CatalogChange(Body):
    """One thing of the catalogue as it shall be. `version` is 0 for a new one."""

    body: dict[str, Any]
    version: Version = _VERSION
    note: Annotated[str, Field(max_length=400)] = ""


KeyDays = Annotated[int, Field(ge=1, le=730, strict=True)]
Scope = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=100)]


class KeyWish(Body):
    """A key for another system. Empty lists allow every channel, template, jurisdiction or service."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    kind: Literal["live", "team", "test"]
    days: KeyDays = 365
    channels: list[Literal["email", "sms"]] = []
    templates: Scope = []
    jurisdictions: Scope = []
    services: Scope = []
    agency_code: Annotated[str, Field(max_length=64)] = ""
    rate_per_minute: Annotated[int, Field(ge=1, le=3_000, strict=True)] = 300
    daily_limit: Annotated[int, Field(ge=1, le=250_000, strict=True)] = 10_000
    callback_url: Annotated[str, Field(max_length=500, pattern=r"^(https://\S+)?$")] = ""


class KeyRotation(Body):
    """How long the fresh secret is good, and the old one still."""

    days: KeyDays = 365
    overlap_hours: Annotated[int, Field(ge=0, le=720, strict=True)] = 24


def _few_together(values: dict[str, str]) -> dict[str, str]:
    """Every message holds its values, and has room for so many."""
    if sum(map(len, values.values())) > LONGEST_ROW:
        raise ValueError(f"has more than {LONGEST_ROW} characters together")
    return values


Values = Annotated[
    dict[str, Annotated[str, Field(max_length=2_000)]],
    Field(max_length=30),
    AfterValidator(_few_together),
]


class Order(Body):
    """A message for one person. `recipient` is a mail address or a telephone number with its +."""

    template: Annotated[str, Field(min_length=1, max_length=64)]
    recipient: Annotated[str, Field(min_length=3, max_length=254)]
    personalisation: Values = {}
    locale: Annotated[str, Field(max_length=20)] = "en"
    reference: Annotated[str, Field(max_length=200)] = ""
    idempotency_key: Annotated[str, Field(max_length=bounds.ORDER_KEY)] = ""
    purpose: Literal["cases", "alerts", "consultations", "emergencies"] = "cases"
    urgency: Literal["urgent", "ordinary"] = "ordinary"


class ContactRelease(Body):
    """An address that may be written to again."""

    address: Annotated[str, Field(min_length=3, max_length=254)]


class SegmentWish(Body):
    """Who of those that consented to the purpose; what is empty does not restrict."""

    areas: Annotated[list[Code], Field(max_length=100)] = []
    services: Annotated[list[Code], Field(max_length=100)] = []
    locales: Annotated[list[Code], Field(max_length=20)] = []
    who: Literal["everybody", "people", "businesses"] = "everybody"


class BroadcastDraft(Body):
    """Whom it is for, and what they get: either `rows`, a CSV with a heading (email or phone, and each
    placeholder), or a `segment` of the public. `values` fill placeholders that are the same for all."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    template: Annotated[str, Field(min_length=1, max_length=64)]
    locale: Annotated[str, Field(max_length=20)] = "en"
    purpose: Literal["alerts", "consultations", "emergencies"] = "alerts"
    rows: str = ""
    segment: SegmentWish | None = None
    values: Values = {}


class BroadcastAct(Body):
    """When an approved broadcast begins; at once without a time."""

    starts_at: AwareDatetime | None = None


class NoticeDraft(Body):
    """Words of a notice to try, nothing saved. `notice_id` is a name, a dot and a language."""

    notice_id: Annotated[str, Field(max_length=64)]
    subject: Annotated[str, Field(max_length=400)] = ""
    body: Annotated[str, Field(max_length=20_000)] = ""
    sms: Annotated[str, Field(max_length=20_000)] = ""
    placeholders: dict[str, str] = {}


class Removal(Body):
    """Takes one thing out of the catalogue."""

    version: Version = _VERSION
    note: Annotated[str, Field(max_length=400)] = ""


class RuleOrder(Body):
    """The codes of all rules in the order in which they shall be tried."""

    rule_ids: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=500)]


class RuleSwitch(Body):
    """Whether a rule is applied."""

    is_enabled: Annotated[bool, Field(strict=True)]
    version: Version = _VERSION


class CatalogDraft(Body):
    """One thing of the catalogue as it might be; nothing is published."""

    body: dict[str, Any]


class RuleTrial(CatalogDraft):
    """A rule as it might be, and on what it is tried: the last `days`, or the next ones."""

    on: Literal["past", "open"] = "past"
    days: Annotated[int, Field(ge=1, le=90, strict=True)] = 30


class Rollback(Body):
    """The version whose content is published once more."""

    to_version: Annotated[int, Field(ge=1, le=999_999_999, strict=True)]
    version: Version = _VERSION
    note: Annotated[str, Field(max_length=400)] = ""


class Import(Body):
    """A document as the export gives it; what it does not name stays as it is."""

    catalogue: dict[str, Any]
    note: Annotated[str, Field(max_length=400)] = "Imported"
