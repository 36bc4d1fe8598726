"""`make package STAGE=x`: both stacks and the zip, ready to deploy, in `.build/<stage>/`.

state.yaml       what survives (a copy of infra/template.yaml with the stage's values)
functions.json   the functions, plain CloudFormation: no transform has to run at AWS
functions-sam.yaml   the same as Chalice made it, for those who deploy with SAM
deployment.zip   the code, pruned and compiled
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from infra.cloudformation import Template, load_template, to_cfn
from infra.slim import TooLarge, slim

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = "python3.11"  # the Lambda runtime, named here and nowhere else
CODE_KEY = "deployment.zip"


class PackagingError(Exception):
    """Why there is no package, and the remedy."""


def check_runtime(runtime: str, running: tuple[int, int]) -> None:
    """Raises `PackagingError` when this Python would compile for another runtime."""
    here = f"python{running[0]}.{running[1]}"
    if here != runtime:
        raise PackagingError(
            f"The functions run on {runtime}, but this is {here}: its compiled files and wheels "
            f"would not load there. Make the environment with {runtime} "
            f"(rm -rf .venv; make package PYTHON={runtime}), or name {here} in infra/package.py."
        )


def stages(root: Path = ROOT) -> list[str]:
    """The stages of `.chalice/config.json`."""
    return sorted(json.loads((root / ".chalice/config.json").read_text())["stages"])


def package(
    stage: str,
    out: Path,
    *,
    root: Path = ROOT,
    with_code: bool = True,
    fetched: Path | None = None,
) -> Template:
    """Make everything for `stage` in `out` and return the functions' stack.

    Without code, no library is fetched: for tests of the templates alone. `fetched` is a folder
    where fetched libraries wait for the next time, under a digest of what was asked for.
    Raises `PackagingError`.
    """
    if stage not in stages(root):
        raise PackagingError(
            f"There is no stage {stage!r} in .chalice/config.json; it has {', '.join(stages(root))}."
        )
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    project = _copy(root, out.with_name(f"{out.name}.project"), with_code=with_code)
    with _kept(project / ".chalice/deployments", fetched if with_code else None):
        _run_chalice(stage, out, root, project)
    shutil.rmtree(project)
    sam = _for_stage(load_template(out / "sam.yaml"), stage)
    _write_yaml(out / "functions-sam.yaml", sam)
    (out / "sam.yaml").unlink()
    functions = parametrised(to_cfn(sam, {"Stage": stage}))
    (out / "functions.json").write_text(json.dumps(functions, separators=(",", ":")))
    _write_yaml(out / "state.yaml", _for_stage(load_template(root / "infra/template.yaml"), stage))
    if with_code:
        _slim_in_place(out / "deployment.zip")
    return functions


def parametrised(functions: Template) -> Template:
    """The functions' stack with the place of its zip as parameters, so that each release names its own."""
    for resource in functions["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            code = {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeKey"}}
            resource["Properties"]["Code"] = code
    functions["Parameters"] |= {
        "CodeBucket": {"Type": "String", "Description": "The bucket of the released zips."},
        "CodeKey": {"Type": "String", "Default": CODE_KEY, "Description": "The zip released."},
    }
    return functions


def _for_stage(template: Template, stage: str) -> Template:
    template["Parameters"]["Stage"]["Default"] = stage
    return template


def _write_yaml(path: Path, template: Template) -> None:
    path.write_text(yaml.safe_dump(template, sort_keys=False, allow_unicode=True, width=100))


@contextmanager
def _kept(used: Path, kept: Path | None) -> Iterator[None]:
    """Chalice names what it fetched by a digest of the requirements; `kept` lets that live on."""
    if kept is not None and kept.exists():
        shutil.copytree(kept, used)
    yield
    if kept is not None:
        shutil.copytree(used, kept, dirs_exist_ok=True)


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


def _copy(root: Path, project: Path, *, with_code: bool) -> Path:
    """What ships and nothing else, in a clean folder: no earlier build can leak in."""
    shutil.rmtree(project, ignore_errors=True)
    left_out = shutil.ignore_patterns("__pycache__", "deployed", "deployments")
    for name in (".chalice", "chalicelib"):
        shutil.copytree(root / name, project / name, ignore=left_out)
    shutil.copy(root / "app.py", project)
    wanted = (root / "requirements.txt").read_text() if with_code else ""
    (project / "requirements.txt").write_text(wanted)
    return project


def _slim_in_place(path: Path) -> None:
    whole = path.with_name("whole.zip")
    path.rename(whole)
    try:
        slim(whole, path)
    except TooLarge as error:
        raise PackagingError(str(error)) from error
    finally:
        whole.unlink()


def main(arguments: list[str] | None = None) -> int:
    """Package one stage and say what was made."""
    parser = argparse.ArgumentParser(prog="make package", description="Make a stage's package.")
    parser.add_argument("stage", help="one of those in .chalice/config.json")
    parser.add_argument("--runtime", default=RUNTIME, help=f"the Lambda runtime ({RUNTIME})")
    parser.add_argument("--out", type=Path, help="where to (default .build/<stage>)")
    given = parser.parse_args(arguments)
    out = given.out or ROOT / ".build" / given.stage
    try:
        check_runtime(f"python{given.runtime.removeprefix('python')}", sys.version_info[:2])
        package(given.stage, out)
    except PackagingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    size = (out / "deployment.zip").stat().st_size
    sys.stdout.write(f"{out}: state.yaml, functions.json, deployment.zip ({size / 1e6:.2f} MB)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
