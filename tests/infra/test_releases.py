"""A release that ran is kept and comes back as it was; what cannot come back is refused by name."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from infra import releases, rollback, stacks
from infra.deploy import deploy
from infra.package import ORIGIN, origin
from infra.releases import KEPT, Release
from infra.settings import StageSettings
from infra.stacks import DeployError
from tests.infra.conftest import empty_account, small_package

Clients = Callable[[str], Any]
FORMER = "arn:aws:dynamodb:us-east-1:123456789012:table/civicline-former/stream/2026"
STATE, FUNCTIONS = "civicline-state-dev", "civicline-functions-dev"


def at_once(_seconds: float) -> None:
    """No wait: moto is done when it answers."""


@pytest.fixture(scope="module")
def aws() -> Iterator[Clients]:
    """One account for all of these tests; none leans on what another did."""
    with empty_account() as clients:
        yield clients


@pytest.fixture(scope="module")
def built(templates_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_package(templates_folder, tmp_path_factory.mktemp("package") / "dev")


@pytest.fixture(scope="module")
def two(aws: Clients, settings: StageSettings, built: Path) -> tuple[Release, Release]:
    """A release, and a later one with another limit and address."""
    first: dict[str, Any] = {"text_spend_limit": 50}
    later = {"text_spend_limit": 500, "public_url": "https://311.city.example"}
    for code, changed in (("one", first), ("two", later)):
        (built / "api.zip").write_bytes((built / "api.zip").read_bytes() + code.encode())
        (built / ORIGIN).write_text(json.dumps({"version": code, "commit": "c0ffee"}))
        deploy(
            settings.model_copy(update=changed), built, aws, say=lambda _line: None, pause=at_once
        )
    second, former = releases.kept(aws, bucket(aws))
    return former, second


def test_a_package_knows_the_version_and_the_commit_that_it_was_made_from(
    templates_folder: Path, tmp_path: Path
) -> None:
    told = json.loads((templates_folder / ORIGIN).read_text())
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["version"])
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?|\?", told["commit"])
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "9.9.9"')
    assert origin(tmp_path) == {"version": "9.9.9", "commit": "?"}, "there is no history"


def bucket(aws: Clients) -> str:
    return stacks.outputs(aws, STATE)["ReleasesBucket"]


def put_back(aws: Clients, digest: str) -> Release:
    return rollback.rollback("dev", digest, aws, pause=at_once)


def parameters(aws: Clients) -> dict[str, str]:
    stack = stacks.find(aws, FUNCTIONS)
    assert stack is not None
    return {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}


def code_behind_the_alias(aws: Clients) -> Any:
    found = aws("lambda").get_function_configuration(
        FunctionName="civicline-api-handler-dev", Qualifier="live"
    )
    return found["CodeSha256"]


def test_a_release_comes_back_whole_with_the_parameters_of_then(
    aws: Clients, two: tuple[Release, Release]
) -> None:
    first, second = two
    before, state = code_behind_the_alias(aws), stacks.find(aws, STATE)
    assert put_back(aws, first.digest[:8]) == first
    now = parameters(aws)
    assert {key: now[key] for key in first.code()} == first.code()
    assert now["TextSpendLimit"] == "50"
    assert now["PublicUrl"] == "https://311.city.example", "where the city is found today"
    assert now["Canary"] == "no", "nobody waits for what is known to work"
    assert code_behind_the_alias(aws) != before
    assert stacks.find(aws, STATE) == state, "what lies there stays"
    put_back(aws, second.digest)  # forward again is a rollback, too
    assert code_behind_the_alias(aws) == before


def test_what_is_kept_is_listed_newest_first_with_the_one_that_runs(
    aws: Clients, two: tuple[Release, Release], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = two
    put_back(aws, first.digest)
    assert rollback.main(["--stage", "dev"]) == 0
    lines = capsys.readouterr().out.splitlines()
    digests = [release.digest[:12] for release in (second, first)]
    ours = [line for line in lines if line.split()[0] in digests]
    assert [line.split()[0] for line in ours] == digests
    assert [line.endswith("  runs") for line in ours] == [False, True]
    assert "one  c0ffee" in ours[1]


def test_a_release_from_before_digests_is_known_by_its_zips(two: tuple[Release, Release]) -> None:
    first, second = two
    values = [{"ParameterValue": key} for key in first.zips.values()]
    assert releases.running({"Parameters": values}, [second, first]) == first
    assert releases.running({"Parameters": values[:1]}, [second, first]) is None


def test_what_an_earlier_way_of_deploying_left_is_kept_before_it_is_replaced(
    aws: Clients, two: tuple[Release, Release]
) -> None:
    put_back(aws, two[0].digest)
    shelf = f"shelf-{secrets.token_hex(4)}"
    aws("s3").create_bucket(Bucket=shelf)
    assert releases.adopt(aws, shelf, "dev") is None, "its zips are gone"
    for key in two[0].zips.values():
        code = aws("s3").get_object(Bucket=bucket(aws), Key=key)["Body"].read()
        aws("s3").put_object(Bucket=shelf, Key=key, Body=code)
    made = releases.adopt(aws, shelf, "dev")
    assert made is not None
    assert made.zips == two[0].zips
    assert made.parameters["TextSpendLimit"] == "50"
    assert releases.adopt(aws, shelf, "dev") is None, "it is kept already"
    assert releases.adopt(aws, bucket(aws), "dev") is None
    assert releases.adopt(aws, shelf, "test") is None, "there is no such stage"


@pytest.mark.parametrize(
    ("digest", "told"),
    [
        ("", "No kept release begins with ''"),
        ("ff", "No kept release begins with 'ff'; make releases lists them"),
        ("a", "a begins several digests: ab, ac"),
    ],
)
def test_an_unknown_or_ambiguous_digest_is_refused(digest: str, told: str) -> None:
    found = [Release(name, "", "", "", "", {}, {}) for name in ("ab", "ac", "b")]
    with pytest.raises(DeployError, match=told):
        releases.chosen(found, digest)
    assert releases.chosen(found, "AB").digest == "ab"


def kept_too(
    aws: Clients, built: Path, change: Callable[[Any], None], **deployed_with: str
) -> Release:
    """A release with other code and another template, kept and never deployed."""
    whole = (built / "functions.json").read_text()
    template = json.loads(whole)
    change(template)
    (built / "functions.json").write_text(json.dumps(template))
    (built / "api.zip").write_bytes((built / "api.zip").read_bytes() + b".")
    made = releases.keep(aws, bucket(aws), built, deployed_with)
    (built / "functions.json").write_text(whole)
    return made


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("part", "other", "told"),
    [
        ("ApiCodeKey", b"other code", "does not fit its digest"),
        ("ApiCodeKey", None, r"ApiCodeKey is gone"),
        ("functions.json", b"{}", "does not fit its digest"),
        ("state.yaml", None, r"state\.yaml is gone"),
    ],
)
def test_a_release_that_is_not_what_was_released_is_refused(
    aws: Clients, built: Path, part: str, other: bytes | None, told: str
) -> None:
    made, before = kept_too(aws, built, lambda template: None), parameters(aws)
    where = {"Bucket": bucket(aws), "Key": made.zips.get(part, f"kept/{made.digest}/{part}")}
    if other is None:
        aws("s3").delete_object(**where)
    else:
        aws("s3").put_object(**where, Body=other)
    with pytest.raises(DeployError, match=told):
        put_back(aws, made.digest)
    assert parameters(aws) == before


@pytest.mark.usefixtures("two")
def test_a_release_for_another_state_stack_is_refused(aws: Clients, built: Path) -> None:
    def lean(template: Any) -> None:
        variables = template["Resources"]["OnReceipt"]["Properties"]["Environment"]["Variables"]
        variables["NEW"] = {"Fn::ImportValue": {"Fn::Sub": "civicline-new-${Stage}"}}

    with pytest.raises(DeployError, match="needs civicline-new-dev, which no stack here has"):
        put_back(aws, kept_too(aws, built, lean).digest)


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("place", "value"), [("TableName", "civicline-restored"), ("DomainName", "311.city.example")]
)
def test_a_release_that_would_leave_the_table_or_the_address_is_refused(
    aws: Clients, built: Path, place: str, value: str
) -> None:
    """A release from before the parameter went to the place that there was then."""
    made = kept_too(aws, built, lambda template: template["Parameters"].pop(place))
    functions = built / "functions.json"
    usual = parameters(aws)[place]
    put = partial(stacks.put, aws, FUNCTIONS, functions, bucket=bucket(aws), pause=at_once)
    put(parameters(aws) | {place: value})
    with pytest.raises(DeployError, match=f"knows no {place}, which is {value}"):
        put_back(aws, made.digest)
    put(parameters(aws) | {place: usual})


@pytest.mark.usefixtures("two")
def test_a_release_that_reads_no_stream_comes_back_and_the_stream_of_now_is_read_after_it(
    aws: Clients, built: Path
) -> None:
    """The table may have been restored while a release ran that does not know of its stream."""

    def forget(template: Any) -> None:
        del template["Parameters"]["StreamArn"]

    put_back(aws, kept_too(aws, built, forget).digest)
    put_back(aws, kept_too(aws, built, lambda template: None, StreamArn=FORMER).digest)
    table = aws("dynamodb").describe_table(TableName="civicline-dev")["Table"]
    assert parameters(aws)["StreamArn"] == table["LatestStreamArn"]


@pytest.mark.usefixtures("two")
def test_no_secret_is_written_down(aws: Clients, built: Path) -> None:
    (built / "api.zip").write_bytes((built / "api.zip").read_bytes() + b".")
    made = releases.keep(aws, bucket(aws), built, {"FrontSecret": "hush", "FrontMark": "mark"})
    assert made.parameters == {"FrontMark": "mark"}


def test_nothing_comes_back_where_nothing_is(aws: Clients) -> None:
    with pytest.raises(DeployError, match="run make deploy STAGE=test"):
        rollback.rollback("test", "ab", aws)


@pytest.fixture
def shelf(aws: Clients) -> str:
    """A bucket of releases that nobody deployed."""
    name = f"shelf-{secrets.token_hex(4)}"
    aws("s3").create_bucket(Bucket=name)
    return name


def shelve(aws: Clients, shelf: str, folder: Path, number: int) -> Release:
    """A release of its own template and API, whose events are those of the one before or after."""
    (folder / "state.yaml").touch()
    (folder / ORIGIN).write_text(json.dumps({"version": str(number), "commit": "?"}))
    (folder / "functions.json").write_text(json.dumps({"number": number}))
    (folder / "api.zip").write_bytes(f"api {number}".encode())
    (folder / "events.zip").write_bytes(f"events {number // 2}".encode())
    return releases.keep(aws, shelf, folder, {})


def test_the_last_ones_stay_and_those_that_run(aws: Clients, shelf: str, tmp_path: Path) -> None:
    made = [shelve(aws, shelf, tmp_path, number) for number in range(KEPT + 4)]
    gone = list(releases.forget_old(aws, shelf, {made[0].digest}))
    assert {r.digest for r in gone} == {r.digest for r in made[1:4]}
    left = releases.kept(aws, shelf)
    assert [r.digest for r in left] == [r.digest for r in [*reversed(made[4:]), made[0]]]
    keys = {found["Key"] for found in aws("s3").list_objects_v2(Bucket=shelf)["Contents"]}
    zips = {key for r in left for key in r.zips.values()}
    assert {key for key in keys if key.startswith("releases/")} == zips
    assert {k.split("/")[1] for k in keys if k.startswith("kept/")} == {r.digest for r in left}


def test_what_ran_before_stays_by_its_zips(aws: Clients, shelf: str, tmp_path: Path) -> None:
    made = [shelve(aws, shelf, tmp_path, number) for number in range(KEPT + 2)]
    assert list(releases.forget_old(aws, shelf, set(made[1].zips.values()))) == [made[0]]


def test_the_same_package_again_is_the_same_release(
    aws: Clients, shelf: str, tmp_path: Path
) -> None:
    once, again = (shelve(aws, shelf, tmp_path, 1) for _ in range(2))
    assert once.digest == again.digest
    assert [r.at for r in releases.kept(aws, shelf)] == [again.at]


def test_what_was_not_kept_whole_is_not_offered(aws: Clients, shelf: str) -> None:
    aws("s3").put_object(Bucket=shelf, Key="kept/abc/functions.json", Body=b"{}")
    assert releases.kept(aws, shelf) == []
