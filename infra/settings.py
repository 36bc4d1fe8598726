"""What a city decides about a stage, out of `settings/<stage>.yaml`, which no pull changes.

A field is either a variable of the functions (`chalicelib.config.Settings` has one of its name) or a
parameter of a stack: `alarm_email` is `AlarmEmail`, given to whichever template knows it.
"""

from __future__ import annotations

import json
import os
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chalicelib.config import Settings
from chalicelib.errors import ConfigurationError
from infra.stacks import DeployError

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "settings" / "example.yaml"
MOST_BYTES = 65_536
LEAST_OF_THE_FIREWALL = 10  # AWS WAF, "Rate-based rule caveats"
_VARIABLES = {field.name for field in fields(Settings)}
QUEUES = ("inbound-email", "inbound-sms", "receipts", "delivery", "urgent", "broadcast")

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\n\r]*$")]
Lines = Annotated[tuple[Line, ...], Field(min_length=1, max_length=50)]


class SettingsError(DeployError):
    """What is wrong in a settings file, in one line for each mistake."""


class StageSettings(BaseModel):
    """Every choice there is; `settings/example.yaml` says what each is for."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    stage: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,15}$")]

    jurisdiction_id: Line
    city_name: Line
    timezone: Line
    default_locale: Line
    receiving_domain: Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]{2,}$")]
    intake_addresses: Lines
    sender_address: Line
    receipt_rule_set: Annotated[str, Field(pattern=r"^[\w-]{1,64}$")] = "civicline"
    mail_identities: Literal["ours", "existing"] = "ours"
    mail_retention_days: Annotated[int, Field(ge=7, le=3650)] = 90

    domain_name: Annotated[str, Field(pattern=r"^(([a-z0-9-]+\.)+[a-z]{2,})?$")] = ""
    certificate_arn: Annotated[str, Field(pattern=r"^(arn:[\w-]+:acm:\S+)?$")] = ""
    front_certificate_arn: Annotated[str, Field(pattern=r"^(arn:aws:acm:us-east-1:\S+)?$")] = ""
    front_price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = (
        "PriceClass_100"
    )
    raw_address: Literal["open", "closed"] = "open"
    requests_from_one_address: Annotated[int, Field(ge=0, le=2_000_000)] = 0
    networks_without_limit: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    public_url: Line | None = None
    map_tiles: Line | None = None
    map_center: Line | None = None
    map_credit: Line | None = None
    open311_test_url: Line | None = None

    sms_sender: Literal["sns", "end-user-messaging"] = "sns"
    sms_receipts: Literal["provider", "none"] = "provider"
    sms_origination: Line | None = None
    sms_countries: Lines = ("US",)
    sms_rate: Annotated[float, Field(gt=0, le=9999)] | None = None
    sms_max_price: Line | None = None
    sms_time_to_live: int | None = None
    sms_protect_configuration: Line | None = None
    sms_india_entity_id: Line | None = None
    sms_india_template_id: Line | None = None
    text_spend_limit: Annotated[int, Field(ge=1)] = 100
    text_cost_of_a_day: Annotated[int, Field(ge=1)] = 20
    text_protection: Literal["ALLOW", "MONITOR", "FILTER"] = "MONITOR"
    text_number_type: Literal["", "LONG_CODE", "TOLL_FREE", "TEN_DLC", "SIMULATOR"] = ""

    callback_ports: Annotated[
        tuple[Annotated[int, Field(ge=1, le=65_535)], ...], Field(min_length=1, max_length=10)
    ] = (443,)
    former_client: Literal["open", "closed"] = "open"
    codes_demanded_of: Lines | None = None
    session_idle_hours: Annotated[int, Field(ge=1, le=12)] | None = None

    sign_on_domain: Annotated[str, Field(pattern=r"^[a-z0-9-]{0,63}$")] = ""
    sign_on_name: Line | None = None
    sign_on_issuer: Annotated[str, Field(pattern=r"^(https://\S+)?$")] = ""
    sign_on_oidc_client: Line = "none"
    sign_on_oidc_secret: Line = "none"
    sign_on_metadata_url: Annotated[str, Field(pattern=r"^(https://\S+)?$")] = ""
    sign_on_groups_claim: Line = "groups"
    sign_on_groups: dict[str, str] = Field(default_factory=dict, max_length=100)

    size: Literal["village", "city", "province"] = "village"
    budget: Annotated[int, Field(ge=0)] = 0
    alarm_email: Annotated[str, Field(pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$")] = ""
    concurrency_warning: Annotated[int, Field(ge=1)] = 800
    reserve_concurrency: bool = False
    backups: bool = False
    backup_copy_to: Annotated[str, Field(pattern=r"^(arn:[\w-]+:backup:\S+)?$")] = ""
    table_name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]+$", max_length=255)] | None = None
    trace_api: bool = False
    canary: bool = True
    snap_start: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @model_validator(mode="after")
    def _is_reachable(self) -> StageSettings:
        """What CloudFormation would refuse half-way."""
        problems = {
            "domain_name needs certificate_arn.": self.domain_name and not self.certificate_arn,
            "front_certificate_arn needs domain_name and certificate_arn.": (
                self.front_certificate_arn and not self.domain_name
            ),
            "raw_address may be closed only where there is a domain_name.": (
                self.raw_address == "closed" and not self.domain_name
            ),
            "budget needs alarm_email.": self.budget and not self.alarm_email,
            "sign_on_domain needs domain_name or public_url.": (
                self.sign_on_domain and not self._public_address()
            ),
            "sign_on_domain needs sign_on_issuer or sign_on_metadata_url.": self.sign_on_domain
            and not (self.sign_on_issuer or self.sign_on_metadata_url),
            "requests_from_one_address must be 0, or 10 and more.": (
                0 < self.requests_from_one_address < LEAST_OF_THE_FIREWALL
            ),
        }
        if told := [text for text, is_wrong in problems.items() if is_wrong]:
            raise ValueError(" ".join(told))
        return self

    def variables(self) -> dict[str, str]:
        """What the functions find in their environment, as text."""
        chosen = self.model_dump(include=_VARIABLES, exclude_none=True)
        return _named(self.stage) | {name.upper(): _text(value) for name, value in chosen.items()}

    def parameters(self) -> dict[str, str]:
        """What the stacks are asked with, as text; each takes those that it knows, and keeps what it
        has where nothing is said: so it stays with the table that a restore made."""
        both = {"stage", "jurisdiction_id", "receiving_domain", "table_name", "sign_on_domain"}
        chosen = self.model_dump(exclude=_VARIABLES - both, exclude_none=True)
        told = {_camel(name): _text(value) for name, value in chosen.items()}
        return told | {
            "SignOnReturn": self._public_address(),
            "SenderDomain": self._other_sender_domain(),
            "TextSender": self.sms_sender,
            "TextCountry": self.sms_countries[0],
        }

    @property
    def sender_domain(self) -> str:
        """The domain that mail leaves from."""
        return self.sender_address.rpartition("@")[2].rstrip(">")

    def _public_address(self) -> str:
        return f"https://{self.domain_name}" if self.domain_name else self.public_url or ""

    def _other_sender_domain(self) -> str:
        """The domain that mail leaves from, when it is not the one that receives."""
        return "" if self.sender_domain == self.receiving_domain else self.sender_domain


def load(stage: str) -> StageSettings:
    """The settings of a stage, out of `settings/` or the folder that `SETTINGS` names.

    Raises `SettingsError` naming each mistake with its remedy.
    """
    path = Path(os.environ.get("SETTINGS") or ROOT / "settings") / f"{stage}.yaml"
    if not path.is_file():
        raise SettingsError(
            f"There is no {path.name} in {path.parent.name}/: copy {EXAMPLE.name} to it and fill it in."
        )
    return read(path)


def read(path: Path, **changed: Any) -> StageSettings:
    """One file's settings; its name is the stage, unless `changed` says another."""
    try:
        settings = StageSettings(**{"stage": path.stem, **_parsed(path), **changed})
        Settings.from_environ(_completed(settings.variables()))
    except ValidationError as error:
        told = [_sentence(mistake) for mistake in error.errors()]
    except (ConfigurationError, ValueError) as error:
        told = [str(error)]
    else:
        return settings
    raise SettingsError("\n".join(f"{path.name}: {line}" for line in told))


def _parsed(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError("is larger than settings can be.")
    try:
        # Every value is text here, so that +15550100 stays a number to call and "no" a language.
        found = yaml.load(path.read_text("utf-8"), _Once)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise ValueError("must be names with their values, as in example.yaml.")
    return {str(name): value for name, value in found.items() if value != ""}


class _Once(yaml.BaseLoader):
    """YAML whose names stand once: the second would win, unseen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        if twice := sorted({str(name) for name in names if names.count(name) > 1}):
            raise yaml.YAMLError(f"{', '.join(twice)} stands there twice.")
        return super().construct_mapping(node, deep)


def _sentence(mistake: Any) -> str:
    if not mistake["loc"]:
        return str(mistake["ctx"]["error"])
    name = str(mistake["loc"][0])
    if mistake["type"] == "extra_forbidden":
        near = get_close_matches(name, StageSettings.model_fields, 1)
        return f"there is no setting {name}" + (f"; did you mean {near[0]}?" if near else ".")
    if mistake["type"] == "missing":
        return f"{name} is missing."
    if name == "stage":
        return (
            "a stage is named by 2 to 16 small letters and digits: name the file as in prod.yaml."
        )
    if mistake["type"] == "tuple_type":
        return f"{name} must be a list such as [one, another]."
    return f"{name}: {mistake['msg']}."


def _completed(variables: dict[str, str]) -> dict[str, str]:
    """With what only a deployed stack tells, so that the functions' own rules can be asked now."""
    told = ("MAIL_BUCKET", "FILES_BUCKET", "USER_POOL_ID", "USER_POOL_CLIENT_ID")
    return dict.fromkeys(told, "told-later") | variables


def _named(stage: str) -> dict[str, str]:
    """The names that the state stack makes from the stage."""
    queues = {f"{q.upper().replace('-', '_')}_QUEUE": f"civicline-{q}-{stage}" for q in QUEUES}
    return queues | {
        "TABLE_NAME": f"civicline-{stage}",
        "SIGNING_KEYS_SECRET": f"civicline-signing-keys-{stage}",
        "MAIL_CONFIGURATION_SET": f"civicline-{stage}",
        "SMS_CONFIGURATION_SET": f"civicline-texts-{stage}",
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))
