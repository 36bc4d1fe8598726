"""The real zips: small, repeatable, and every function in them runs alone (as Lambda starts it)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.cold import LIBRARIES, lay_out_runtime
from infra.cloudformation import Template
from infra.package import CODE_KEYS
from infra.package import main as make_package
from infra.settings import EXAMPLE, ROOT
from infra.target import RUNTIMES, PackagingError, Target
from infra.zips import API, EVENTS, Kind, make_zips
from tests.infra.resources import of_type
from tests.infra.sample_events import EVENTS as SAMPLES

pytestmark = pytest.mark.stack  # libraries are fetched and compiled

HERE = Path(__file__).parent
KINDS = (API, EVENTS)
Unpacked = Mapping[str, Path]


def unpack(built: Path, folder: Path) -> Unpacked:
    for kind in KINDS:
        with zipfile.ZipFile(built / kind.name) as archive:
            archive.extractall(folder / kind.name)
    return {kind.name: folder / kind.name for kind in KINDS}


@pytest.fixture(scope="session")
def unpacked(package_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    return unpack(package_folder, tmp_path_factory.mktemp("task"))


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out_runtime(tmp_path_factory.mktemp("runtime") / "libraries")


def zip_of(function: Mapping[str, Any]) -> str:
    """The zip that the template gives to a function."""
    key = function["Code"]["S3Key"]["Ref"]
    return next(name for name, parameter in CODE_KEYS.items() if parameter == key)


def run_alone(unpacked: Unpacked, runtime: Path, function: dict[str, Any], event: Any) -> Any:
    command = [sys.executable, "-I", "-S", str(HERE / "alone.py")]
    command += [str(unpacked[zip_of(function)]), str(runtime), str(LIBRARIES), str(ROOT)]
    wanted = {"handler": function["Handler"], "function": function, "event": event}
    wanted["with_catalogue"] = "inbound" in function["Handler"]
    result = subprocess.run(
        command, input=json.dumps(wanted), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_packaged_function_runs_alone(
    functions: Template, unpacked: Unpacked, runtime: Path, name: str
) -> None:
    function = of_type(functions, "AWS::Lambda::Function")[name]
    result = run_alone(unpacked, runtime, function, SAMPLES[name])
    if name == "APIHandler":
        assert result["answer"]["statusCode"] == 200
    elif name in (
        "RunEscalations",
        "SweepDeliveries",
        "FindLostMail",
        "RotateKeys",
        "OnChange",
        "OnTextLog",
    ):
        assert result["answer"] is None
    else:
        assert result["answer"] == {"batchItemFailures": []}
    if name in ("OnInboundEmail", "OnInboundSms"):
        assert {"TICKET", "MESSAGE"} <= set(result["kinds"])
    if name != "APIHandler":
        assert "app" not in result["loaded"]


def test_every_function_has_an_event_to_be_tried_with(functions: Template) -> None:
    assert set(SAMPLES) == set(of_type(functions, "AWS::Lambda::Function"))


@pytest.mark.slow
def test_each_zip_is_below_its_limit(package_folder: Path) -> None:
    assert API.limit <= 30_000_000
    assert EVENTS.limit <= 5_000_000
    for kind in KINDS:
        assert (package_folder / kind.name).stat().st_size <= kind.limit


def names_in(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


OF_REQUESTS = {"app.pyc", "cryptography", "email_validator", "jwt", "nh3", "pydantic"}


@pytest.mark.slow
def test_nothing_but_what_ships_is_in_the_zips(package_folder: Path) -> None:
    for kind in KINDS:
        names = names_in(package_folder / kind.name)
        tops = {name.split("/")[0] for name in names}
        foreign = {"boto3", "botocore", "moto", "tests", "infra", "docs", "bench", ".chalice"}
        assert not tops & foreign
        assert {"chalicelib", "chalice"} <= tops
        assert len(names) == len(set(names))
        assert tops & OF_REQUESTS == (OF_REQUESTS if kind is API else set())


@pytest.mark.slow
def test_event_functions_carry_no_page(package_folder: Path) -> None:
    names = names_in(package_folder / EVENTS.name)
    assert not [n for n in names if n.startswith("chalicelib/templates/pages/")]
    assert [n for n in names if n.startswith("chalicelib/templates/notices/")]
    handlers = {n.split("/")[2] for n in names if n.startswith("chalicelib/handlers/")}
    assert handlers == {"__init__.pyc", "batches.pyc", "events.pyc"}


@pytest.mark.slow
def test_pages_are_python_already(unpacked: Unpacked) -> None:
    pages = unpacked[API.name] / "chalicelib/templates/pages"
    templates = [*pages.rglob("*.html"), *pages.rglob("*.txt")]
    assert len(list((pages / "_compiled").glob("*.pyc"))) == len(templates) > 0


@pytest.mark.slow
def test_everything_is_compiled_without_looking_at_sources(unpacked: Unpacked) -> None:
    for folder in unpacked.values():
        assert not list(folder.rglob("*.py"))
        flags = {path.read_bytes()[4] for path in folder.rglob("*.pyc")}
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
""",
    "zones without a system": """
import zoneinfo
zoneinfo.reset_tzpath(())
assert zoneinfo.ZoneInfo("America/Los_Angeles").key
""",
    "clean markup and checked models": """
import nh3, pydantic, puremagic, jinja2
assert nh3.clean("<p onclick=x>a</p>") == "<p>a</p>"
from pydantic import BaseModel, EmailStr, TypeAdapter
assert TypeAdapter(EmailStr).validate_python("ada@resident.com")
assert jinja2.Environment().from_string("{{ 1 + 1 }}").render() == "2"
""",
    "signed tokens": """
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
token = jwt.encode({"sub": "ada"}, key, algorithm="RS256")
assert jwt.decode(token, key.public_key(), algorithms=["RS256"]) == {"sub": "ada"}
""",
}
OF_THE_API = ("addresses without the DNS", "clean markup and checked models", "signed tokens")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("what", LIBRARIES_AT_WORK)
def test_what_was_left_out_is_not_missed(
    unpacked: Unpacked, runtime: Path, what: str, kind: Kind
) -> None:
    if kind is EVENTS and what in OF_THE_API:
        pytest.skip("only people's requests need it")
    code = WITHOUT_SITE.format(LIBRARIES_AT_WORK[what])
    command = [sys.executable, "-I", "-S", "-c", code, str(unpacked[kind.name]), str(runtime)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]


def make_small(folder: Path, out: Path) -> None:
    """Zips of a project of four files and no library."""
    for kind in KINDS:
        (folder / kind.requirements).parent.mkdir(exist_ok=True)
        (folder / kind.requirements).touch()
    with zipfile.ZipFile(folder / "code.zip", "w") as archive:
        for name in ("app", "chalicelib/__init__", "chalicelib/used", "chalicelib/unused"):
            archive.writestr(f"{name}.py", "value = {'a', 'b', 'c'}\n")
        archive.writestr("chalicelib/doors.py", "def handle():\n    from chalicelib import used\n")
        archive.writestr("chalicelib/words.json", "{}")
    out.mkdir()
    doors = {"chalicelib.doors"}
    make_zips(folder / "code.zip", out, folder, Target.here(), doors, folder / "kept")


def test_the_event_functions_get_what_they_can_import_and_the_same_bytes_each_time(
    tmp_path: Path,
) -> None:
    for number in "12":
        make_small(tmp_path, tmp_path / number)
    for kind in KINDS:
        first, second = ((tmp_path / number / kind.name).read_bytes() for number in "12")
        assert first == second
    assert set(names_in(tmp_path / "1" / EVENTS.name)) == {
        "chalicelib/__init__.pyc",
        "chalicelib/doors.pyc",
        "chalicelib/used.pyc",
        "chalicelib/words.json",
    }
    assert {"app.pyc", "chalicelib/unused.pyc"} < set(names_in(tmp_path / "1" / API.name))


def test_a_python_that_is_not_here_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    other = next(name for name in RUNTIMES if name != Target.here().runtime)
    with pytest.raises(PackagingError, match=r"Install it.*make package RUNTIME=python3"):
        Target(other, "arm64").python()


def test_an_older_system_gets_wheels_for_an_older_c_library() -> None:
    assert Target("python3.11", "x86_64").platforms() == ["manylinux2014_x86_64"]
    assert Target("python3.13", "arm64").platforms()[0] == "manylinux_2_28_aarch64"


def test_the_command_says_what_is_wrong_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert make_package(["porduction"]) == 1
    assert "There is no porduction.yaml in settings/: copy example.yaml" in capsys.readouterr().err
    monkeypatch.setenv("SETTINGS", str(tmp_path))
    shutil.copy(EXAMPLE, tmp_path / "dev.yaml")
    assert make_package(["dev", "--runtime", "2.7", "--out", str(tmp_path / "out")]) == 1
    assert "python2.7" in capsys.readouterr().err
