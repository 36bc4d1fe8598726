"""The real zip: small, repeatable, and every function in it runs alone (as Lambda starts it)."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.cloudformation import Template
from infra.package import ROOT, PackagingError, check_runtime, main, package
from infra.slim import LIMIT, is_dropped, slim
from tests.infra.resources import of_type
from tests.infra.sample_events import EVENTS

LIBRARIES = Path(boto3.__file__).parent.parent
# What AWS puts beside the code; everything else must be in the zip.
RUNTIME_HAS = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3")
HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def unpacked(package_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(package_folder / "deployment.zip") as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME_HAS:
        (folder / name).symlink_to(LIBRARIES / name)
    return folder


def run_alone(unpacked: Path, runtime: Path, function: dict[str, Any], event: Any) -> Any:
    command = [sys.executable, "-I", "-S", str(HERE / "alone.py")]
    command += [str(unpacked), str(runtime), str(LIBRARIES), str(ROOT)]
    wanted = {"handler": function["Handler"], "function": function, "event": event}
    wanted["with_catalogue"] = "inbound" in function["Handler"]
    result = subprocess.run(
        command, input=json.dumps(wanted), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_packaged_function_runs_alone(
    functions: Template, unpacked: Path, runtime: Path, name: str
) -> None:
    function = of_type(functions, "AWS::Lambda::Function")[name]
    result = run_alone(unpacked, runtime, function, EVENTS[name])
    if name == "APIHandler":
        assert result["answer"]["statusCode"] == 200
    elif name in ("RunEscalations", "SweepDeliveries"):
        assert result["answer"] is None
    else:
        assert result["answer"] == {"batchItemFailures": []}
    if name in ("OnInboundEmail", "OnInboundSms"):
        assert {"TICKET", "MESSAGE"} <= set(result["kinds"])
    if name != "APIHandler":
        assert "app" not in result["loaded"]


def test_every_function_has_an_event_to_be_tried_with(functions: Template) -> None:
    assert set(EVENTS) == set(of_type(functions, "AWS::Lambda::Function"))


@pytest.mark.slow
def test_the_zip_is_below_its_limit(package_folder: Path) -> None:
    assert (package_folder / "deployment.zip").stat().st_size <= LIMIT <= 8_000_000


@pytest.mark.slow
def test_nothing_but_what_ships_is_in_the_zip(package_folder: Path) -> None:
    with zipfile.ZipFile(package_folder / "deployment.zip") as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"boto3", "botocore", "moto", "tests", "infra", "docs", "bench", ".chalice"}
    assert {"app.pyc", "chalicelib", "chalice"} <= tops
    assert len(names) == len(set(names))


@pytest.mark.slow
def test_everything_is_compiled_without_looking_at_sources(unpacked: Path) -> None:
    assert not list(unpacked.rglob("*.py"))
    flags = {path.read_bytes()[4] for path in unpacked.rglob("*.pyc")}
    assert flags == {1}  # a hash that nobody checks


WITHOUT_SITE = """
import sys
sys.path[:0] = sys.argv[1:3]
{}
"""
LIBRARIES_AT_WORK = {
    "dates in every language": """
from datetime import datetime
from babel.dates import format_datetime, format_timedelta
from datetime import timedelta
from zoneinfo import ZoneInfo
moment = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("America/New_York"))
for locale in ("en", "en_US", "es", "es_MX", "fa", "fa_IR", "zh", "zh_Hans", "zh_CN"):
    assert format_datetime(moment, "full", locale=locale)
    assert format_timedelta(timedelta(hours=3), locale=locale)
""",
    "numbers of every country": """
import phonenumbers
number = phonenumbers.parse("(212) 555-0123", "US")
assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == "+12125550123"
for region in phonenumbers.SUPPORTED_REGIONS:
    assert phonenumbers.example_number(region)
""",
    "holidays of every country": """
import holidays
for code in holidays.list_supported_countries():
    assert holidays.country_holidays(code, years=2026) is not None
assert "Thanksgiving" in " ".join(holidays.country_holidays("US", subdiv="NY", years=2026).values())
""",
    "addresses without the DNS": """
from email_validator import validate_email
assert validate_email("ada@resident.example", check_deliverability=False, test_environment=True)
import sys
assert "dns" not in sys.modules
""",
    "zones without a system": """
import zoneinfo
zoneinfo.reset_tzpath(())
assert zoneinfo.ZoneInfo("America/Los_Angeles").key
""",
    "clean markup and checked models": """
import nh3, pydantic, puremagic, jwt, jinja2
assert nh3.clean("<p onclick=x>a</p>") == "<p>a</p>"
from pydantic import BaseModel, EmailStr, TypeAdapter
assert TypeAdapter(EmailStr).validate_python("ada@resident.com")
assert jinja2.Environment().from_string("{{ 1 + 1 }}").render() == "2"
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("what", LIBRARIES_AT_WORK)
def test_what_was_pruned_is_not_missed(unpacked: Path, runtime: Path, what: str) -> None:
    code = WITHOUT_SITE.format(LIBRARIES_AT_WORK[what])
    command = [sys.executable, "-I", "-S", "-c", code, str(unpacked), str(runtime)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    source = tmp_path / "whole.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for name in ("b.py", "app.py", "chalicelib/x.py", "lib/tests/t.py", "lib/y.pyi"):
            archive.writestr(name, "value = {'a', 'b', 'c'}\n")
    results = []
    for number in range(2):
        slim(source, tmp_path / f"{number}.zip")
        results.append((tmp_path / f"{number}.zip").read_bytes())
    assert results[0] == results[1]
    with zipfile.ZipFile(tmp_path / "0.zip") as archive:
        names = set(archive.namelist())
    assert names == {"app.pyc", "chalicelib/x.pyc", "b.pyc"}


@pytest.mark.parametrize(
    ("name", "goes"),
    [
        ("babel/locale-data/de.dat", True),
        ("babel/locale-data/zh_Hans_CN.dat", False),
        ("babel/locale-data/root.dat", False),
        ("chalicelib/templates/notices/de/x.txt", False),
        ("chalicelib/tickets/catalog/seed.json", False),
        ("holidays-0.109.dist-info/METADATA", False),
        ("holidays-0.109.dist-info/RECORD", True),
        ("pydantic-2.13.5.dist-info/METADATA", True),
        ("dns/resolver.py", True),
        ("app.py", False),
    ],
)
def test_what_goes_and_what_stays(name: str, goes: bool) -> None:
    assert is_dropped(name) is goes


def test_another_python_is_refused_with_the_remedy() -> None:
    with pytest.raises(PackagingError, match=r"PYTHON=python3\.13"):
        check_runtime("python3.13", (3, 11))


def test_an_unknown_stage_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match="dev, prod, town"):
        package("porduction", tmp_path / "out")


def test_the_command_says_what_is_wrong_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dev", "--runtime", "2.7", "--out", str(tmp_path / "out")]) == 1
    assert "python2.7" in capsys.readouterr().err
