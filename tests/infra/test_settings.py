"""A stage's settings: every choice reaches where it serves, and every mistake is named with its remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.config import Settings
from infra import budget
from infra.cloudformation import Template, load_template
from infra.local.stack import TOWN
from infra.settings import EXAMPLE, ROOT, SettingsError, StageSettings, load, read

LATER = {"MAIL_BUCKET": "m", "FILES_BUCKET": "f", "USER_POOL_ID": "p", "USER_POOL_CLIENT_ID": "c"}
FILLED = EXAMPLE.read_text().replace("\n# text_spend_limit", "\ntext_spend_limit")


def written(folder: Path, text: str, name: str = "prod.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", [EXAMPLE, TOWN], ids=["example", "town"])
def test_what_is_shipped_is_accepted_by_the_functions(path: Path) -> None:
    variables = read(path).variables()
    Settings.from_environ(variables | LATER)
    assert variables["TABLE_NAME"] == f"civicline-{path.stem}"


def test_every_setting_has_its_line_in_the_example() -> None:
    text = EXAMPLE.read_text()
    missing = [name for name in StageSettings.model_fields if f"{name}:" not in text]
    assert missing == ["stage"], "the file's name says it"


def test_every_choice_of_the_example_is_accepted_as_it_stands_there(tmp_path: Path) -> None:
    chosen = [line.removeprefix("# ") for line in EXAMPLE.read_text().splitlines()[4:]]
    path = written(tmp_path, "\n".join(chosen).replace("--- ", "# "))
    assert len(read(path).model_fields_set) == len(StageSettings.model_fields)


def test_every_setting_is_a_variable_or_a_parameter(state: Template, functions: Template) -> None:
    others = (ROOT / "infra/front.yaml", budget.TEMPLATE)
    stacks = (state, functions, *map(load_template, others))
    known = {name for stack in stacks for name in stack["Parameters"]}
    names = {
        name: "".join(p.title() for p in name.split("_")) for name in StageSettings.model_fields
    }
    variables = {name for name in names if name in Settings.__dataclass_fields__}
    assert {names[name] for name in names if name not in variables} <= known
    assert set(read(EXAMPLE, stage="dev").parameters()) & set(state["Parameters"]) >= {
        "Stage",
        "ReceivingDomain",
        "SenderDomain",
        "TextSender",
        "TextCountry",
    }


def test_a_sender_of_another_domain_gets_an_identity_of_its_own() -> None:
    own = read(EXAMPLE, stage="dev")
    assert own.parameters()["SenderDomain"] == ""
    other = own.model_copy(update={"sender_address": "Desk <desk@city.example>"})
    assert other.parameters()["SenderDomain"] == "city.example"


def test_what_looks_like_a_number_or_a_no_stays_what_was_written(tmp_path: Path) -> None:
    path = written(tmp_path, FILLED + "\nsms_origination: +15550100\nsms_countries: [NO, US]\n")
    variables = read(path).variables()
    assert (variables["SMS_ORIGINATION"], variables["SMS_COUNTRIES"]) == ("+15550100", "NO,US")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"recieving_domain": "x.example"}, "did you mean receiving_domain?"),
        ({"zzz": "1"}, "there is no setting zzz."),
        ({"city_name": None}, "city_name is missing."),
        ({"city_name": "two\nlines"}, "city_name: "),
        ({"intake_addresses": "help@city.example"}, "intake_addresses must be a list"),
        ({"timezone": "Mars/Olympus"}, "TIMEZONE 'Mars/Olympus' is not an IANA zone name."),
        ({"text_spend_limit": "lots"}, "text_spend_limit: "),
        ({"trace_api": "perhaps"}, "trace_api: "),
        ({"sms_sender": "pigeon"}, "sms_sender: "),
        ({"mail_retention_days": "1"}, "mail_retention_days: "),
        ({"domain_name": "311.city.example"}, "domain_name needs certificate_arn."),
        (
            {"front_certificate_arn": "arn:aws:acm:eu-west-1:1:certificate/1"},
            "front_certificate_arn: ",
        ),
        (
            {"front_certificate_arn": "arn:aws:acm:us-east-1:1:x"},
            "needs domain_name and certificate_arn.",
        ),
        ({"raw_address": "closed"}, "only where there is a domain_name."),
        ({"requests_from_one_address": "9"}, "must be 0, or 10 and more."),
        ({"budget": "60"}, "budget needs alarm_email."),
        (
            {"sign_on_domain": "northfield", "sign_on_name": "Northfield account"},
            "sign_on_domain needs sign_on_issuer or sign_on_metadata_url.",
        ),
        ({"sign_on_groups": {"clerks": "mayor"}}, "SIGN_ON_GROUPS: mayor is no role and no agency"),
        ({"size": "town"}, "size: "),
    ],
)
def test_a_mistake_is_named_with_its_remedy(
    change: dict[str, Any], told: str, tmp_path: Path
) -> None:
    import yaml

    values = yaml.load(FILLED, yaml.BaseLoader) | change
    path = written(tmp_path, yaml.safe_dump({k: v for k, v in values.items() if v is not None}))
    with pytest.raises(SettingsError, match=r"prod\.yaml: ") as raised:
        read(path)
    assert told in str(raised.value)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        read(written(tmp_path, "city_name: X\nsms_sender: pigeon\n"))
    assert {"timezone is missing.", "receiving_domain is missing."} <= {
        line.partition(": ")[2] for line in str(raised.value).splitlines()
    }


@pytest.mark.parametrize(
    "text", ["- a\n- b", "a: [", "", "x: " + "y" * 70_000, "\x00", "city_name: A\ncity_name: B"]
)
def test_what_is_no_list_of_settings_is_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"prod\.yaml: "):
        read(written(tmp_path, text))


@pytest.mark.parametrize("name", ["Prod.yaml", "prod-2.yaml", "p.yaml"])
def test_a_file_that_names_no_stage_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"name the file as in prod\.yaml"):
        read(written(tmp_path, FILLED, name))


def test_a_stage_without_a_file_is_told_to_copy_the_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETTINGS", str(tmp_path))
    with pytest.raises(SettingsError, match=r"There is no prod\.yaml .*: copy example\.yaml to it"):
        load("prod")
    written(tmp_path, FILLED)
    assert load("prod").text_spend_limit == 100
