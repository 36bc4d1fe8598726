"""`make package STAGE=x`: both stacks and the zips, ready to deploy, in `.build/<stage>/`.

state.yaml       what survives (a copy of infra/template.yaml with the stage's values)
functions.json   the functions, plain CloudFormation: no transform has to run at AWS
front.json       CloudFront before them, for a stage whose settings ask for it
functions-sam.yaml   the same as Chalice made it, for those who deploy with SAM
api.zip          the code of the API's function, compiled
events.zip       the code of the event functions, compiled
bom.json         what libraries are in both, by CycloneDX
origin.json      the version and the commit that it was made from
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from infra.address import redeployed
from infra.bill import write_bill
from infra.cloudformation import Template, load_template, to_cfn
from infra.gradual import finished, with_aliases
from infra.settings import ROOT, SettingsError, StageSettings, load
from infra.target import MACHINES, PackagingError, Target
from infra.watching import with_watching
from infra.zips import API, EVENTS, make_zips

# Imported where used: the API's own answers come with all of its doors, which only packaging needs.

CODE_KEYS = {
    API.name: "ApiCodeKey",
    EVENTS.name: "EventsCodeKey",
}  # the parameter that names each zip
ORIGIN = "origin.json"


def package(
    settings: StageSettings,
    out: Path,
    target: Target | None = None,
    *,
    root: Path = ROOT,
    with_code: bool = True,
) -> Template:
    """Make everything for a stage in `out` and return the functions' stack.

    Without code, no library is fetched: for tests of the templates alone. What is fetched waits in
    `.build/libraries` for the next time. Raises `PackagingError`.
    """
    from infra.api import with_greedy_route

    target, stage = target or Target(), settings.stage
    if with_code:
        target.python()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    project = _copy(root, out.with_name(f"{out.name}.project"))
    _configure(project / ".chalice/config.json", settings)
    _run_chalice(stage, out, root, project)
    shutil.rmtree(project)
    sam = _for_stage(load_template(out / "sam.yaml"), stage)
    sam["Parameters"]["TableName"]["Default"] = settings.variables()["TABLE_NAME"]
    sam["Parameters"]["JurisdictionId"]["Default"] = settings.jurisdiction_id
    sam = with_aliases(with_watching(with_greedy_route(sam), root / "infra"))
    (out / "sam.yaml").unlink()
    handlers = aimed(sam, target)
    _write_yaml(out / "functions-sam.yaml", sam)
    functions = parametrised(redeployed(finished(to_cfn(sam, {"Stage": stage}))))
    (out / "functions.json").write_text(json.dumps(functions, separators=(",", ":")))
    front = _for_stage(load_template(root / "infra/front.yaml"), stage)
    (out / "front.json").write_text(json.dumps(front, separators=(",", ":")))
    _write_yaml(out / "state.yaml", _for_stage(load_template(root / "infra/template.yaml"), stage))
    made_from = origin(root)
    (out / ORIGIN).write_text(json.dumps(made_from))
    if with_code:
        write_bill(out, root, made_from)
        make_zips(out / "deployment.zip", out, root, target, handlers, root / ".build/libraries")
    (out / "deployment.zip").unlink()
    return functions


def origin(root: Path) -> dict[str, str]:
    """The version, and the commit where the history is at hand; other words for changes on top of it."""
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    command = [
        "git",
        "-C",
        str(root),
        "describe",
        "--always",
        "--abbrev=40",
        "--dirty",
        "--exclude=*",
    ]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:  # there is no git
        said = ""
    return {"version": version, "commit": said or "?"}


def aimed(sam: Template, target: Target) -> set[str]:
    """Give every function its zip and what it runs on; returns the modules of the event functions.

    Chalice knows one zip and the Python that it runs on.
    """
    modules = set()
    for resource in sam["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            properties |= {"Runtime": target.runtime, "Architectures": [target.arch]}
            if not target.has_snapshots():
                properties.pop("SnapStart", None)
            module = properties["Handler"].rpartition(".")[0]
            properties["CodeUri"] = f"./{API.name if module == 'app' else EVENTS.name}"
            modules.add(module)
    return modules - {"app"}


def parametrised(functions: Template) -> Template:
    """The functions' stack with its zips' places as parameters, so that each release names its own."""
    for resource in functions["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            key = CODE_KEYS[resource["Properties"]["Code"]["S3Key"]]
            code = {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": key}}
            resource["Properties"]["Code"] = code
    bucket = {"Type": "String", "Description": "The bucket of the released zips."}
    keys = {
        key: {"Type": "String", "Default": name, "Description": f"The {name} released."}
        for name, key in CODE_KEYS.items()
    }
    functions["Parameters"] |= {"CodeBucket": bucket, **keys}
    return functions


def _for_stage(template: Template, stage: str) -> Template:
    template["Parameters"]["Stage"]["Default"] = stage
    return template


def _write_yaml(path: Path, template: Template) -> None:
    path.write_text(yaml.safe_dump(template, sort_keys=False, allow_unicode=True, width=100))


def _run_chalice(stage: str, out: Path, root: Path, project: Path) -> None:
    code = "import sys; from chalice.cli import main; sys.exit(main())"
    arguments = [
        "package",
        "--stage",
        stage,
        "--merge-template",
        str(root / "infra/functions.yaml"),
    ]
    environ = {"AWS_DEFAULT_REGION": "us-east-1"} | os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments, str(out.resolve())],
        cwd=project,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise PackagingError(f"chalice package failed: {(result.stderr or result.stdout)[-2000:]}")


def _configure(path: Path, settings: StageSettings) -> None:
    """Let Chalice give every function the stage's variables, but the table's name, a parameter."""
    config = json.loads(path.read_text())
    variables = {k: v for k, v in settings.variables().items() if k != "TABLE_NAME"}
    config["stages"] = {settings.stage: {"environment_variables": variables}}
    path.write_text(json.dumps(config))


def _copy(root: Path, project: Path) -> Path:
    """What ships and nothing else, in a clean folder: no earlier build can leak in."""
    shutil.rmtree(project, ignore_errors=True)
    left_out = shutil.ignore_patterns("__pycache__", "deployed", "deployments")
    for name in (".chalice", "chalicelib"):
        shutil.copytree(root / name, project / name, ignore=left_out)
    shutil.copy(root / "app.py", project)
    (project / "requirements.txt").touch()  # libraries are fetched for each zip apart
    return project


def main(arguments: list[str] | None = None) -> int:
    """Package one stage and say what was made."""
    parser = argparse.ArgumentParser(prog="make package", description="Make a stage's package.")
    parser.add_argument("stage", help="whose settings/<stage>.yaml there is")
    parser.add_argument("--runtime", default=Target.runtime, help=f"such as {Target.runtime}")
    parser.add_argument("--arch", default=Target.arch, choices=sorted(MACHINES))
    parser.add_argument("--out", type=Path, help="where to (default .build/<stage>)")
    given = parser.parse_args(arguments)
    out = given.out or ROOT / ".build" / given.stage
    target = Target(f"python{given.runtime.removeprefix('python')}", given.arch)
    try:
        package(load(given.stage), out, target)
    except (PackagingError, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sizes = ", ".join(f"{name} ({(out / name).stat().st_size / 1e6:.2f} MB)" for name in CODE_KEYS)
    sys.stdout.write(
        f"{out}: state.yaml, functions.json, {sizes}; {target.runtime} {target.arch}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
