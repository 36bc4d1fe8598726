"""The zips of a release, compiled: one for the API, a small one for the event functions; knows no stage.

`/var/task` cannot be written, so without compiled files every cold start would compile anew.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from modulefinder import ModuleFinder
from pathlib import Path

from jinja2 import FileSystemLoader

from chalicelib.templates import available_locales
from chalicelib.templates.environment import COMPILED, make_environment
from infra.target import PackagingError, Target

_OF_PAGES = ("chalicelib/templates/pages/", "chalicelib/templates/static/")
# The territories that readers of our languages live in mostly, and what they inherit from.
_TERRITORIES = ("en_001", "en_US", "es_419", "es_MX", "es_US", "fa_IR", "zh_Hans", "zh_Hans_CN")
_LOCALES = "|".join(("root", *available_locales(), *_TERRITORIES))
# No function reads it, and it is two thirds of those libraries.
_UNREAD = re.compile(
    "|".join(
        (
            r"^chalicelib/identity/common_passwords\.bin$",
            rf"^babel/locale-data/(?!(?:{_LOCALES})\.dat$)",
            r"^babel/messages/(?!__init__|plurals)",
            r"^dateutil/zoneinfo/.*\.gz$",  # the system's zones and tzdata serve
            r"^holidays/(financial|locale)/",
            r"^phonenumbers/shortdata/region_",
            r"\.dist-info/(?!METADATA$)",
        )
    )
)


@dataclass(frozen=True)
class Kind:
    """What one of the zips is: its libraries, its limit in bytes, and what is done to stay below."""

    name: str
    requirements: str
    limit: int
    optimize: int = 0
    left_out: re.Pattern[str] | None = None


# boto3 is in neither: AWS patches the runtime's own, and it would be four fifths of the events' zip.
API = Kind("api.zip", "requirements/api.txt", 30_000_000)
EVENTS = Kind("events.zip", "requirements/events.txt", 5_000_000, optimize=2, left_out=_UNREAD)
KINDS = (API, EVENTS)


def make_zips(
    code: Path, out: Path, root: Path, target: Target, handlers: Collection[str], kept: Path
) -> None:
    """Both zips in `out` from Chalice's zip at `code`; the same input, the same bytes.

    `handlers` are the modules of the event functions. `kept` is a folder where fetched libraries wait
    for the next time. Raises `PackagingError`.
    """
    with tempfile.TemporaryDirectory() as folder:
        whole, part = Path(folder) / "api", Path(folder) / "events"
        with zipfile.ZipFile(code) as archive:
            archive.extractall(whole)
        _copy(whole, part, _reached(whole, handlers))
        _precompile(whole / "chalicelib/templates/pages")
        for kind, tree in ((API, whole), (EVENTS, part)):
            _compile(tree, target, 0)  # a dataclass without docstring works one out, slowly
            libraries = _libraries(root / kind.requirements, target, kind.optimize, kept)
            _pack([tree, libraries], out / kind.name, kind.left_out)
            _check(out / kind.name, kind.limit)


def _reached(root: Path, modules: Iterable[str]) -> set[Path]:
    """The files that the modules can import, however late, and what they read beside them."""
    finder = ModuleFinder(path=[str(root)])
    for module in modules:
        finder.import_hook(module)
    found = {Path(m.__file__) for m in finder.modules.values() if m.__file__}
    data = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".py")
    return found | {p for p in data if not p.relative_to(root).as_posix().startswith(_OF_PAGES)}


def _precompile(pages: Path) -> None:
    """Put the templates of the pages beside them as Python: a fifth of the API's cold start.

    Notices are left as they are: theirs would save a fortieth and make the zip a third larger.
    """
    environment = make_environment([pages])
    environment.loader = FileSystemLoader(pages)
    environment.compile_templates(pages / COMPILED, ("html", "txt"), zip=None, ignore_errors=False)


def _copy(source: Path, target: Path, files: Iterable[Path]) -> None:
    for path in files:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)


def _libraries(requirements: Path, target: Target, optimize: int, kept: Path) -> Path:
    """A folder with what `requirements` asks for, each with its hashes, compiled; made once."""
    wanted = requirements.read_text()
    digest = hashlib.sha256(f"{target} {optimize} {wanted}".encode()).hexdigest()[:16]
    folder = kept / f"{target.runtime}-{target.arch}-{digest}"
    if not folder.exists():
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept) as draft:
            made = Path(draft) / "made"
            made.mkdir()
            _install(wanted, made, target)
            _compile(made, target, optimize)
            _keep(made, folder)
    return folder


def _keep(made: Path, folder: Path) -> None:
    """Put it there, unless another run was quicker: both made the same."""
    try:
        made.rename(folder)
    except OSError:
        if not folder.exists():
            raise


def _install(wanted: str, folder: Path, target: Target) -> None:
    asked = folder.with_suffix(".txt")
    asked.write_text(wanted)
    command = [sys.executable, "-m", "pip", "--python", target.python(), "install", "--quiet"]
    command += ["--disable-pip-version-check", "--no-compile", "--only-binary=:all:"]
    command += [part for name in target.platforms() for part in ("--platform", name)]
    command += ["--target", str(folder), "-r", str(asked)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise PackagingError(f"pip failed for {target}: {result.stderr[-2000:]}")


def _compile(root: Path, target: Target, optimize: int) -> None:
    """Put compiled files in the place of their sources; a traceback still names file and line.

    Unchecked: the files never change after packaging, so no import looks for a source.
    """
    command = [target.python(), "-m", "compileall", "-q", "-b", f"-o{optimize}", "-s", str(root)]
    command += ["--invalidation-mode", "unchecked-hash", str(root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for path in root.rglob("*.py"):
        path.unlink()


def _pack(trees: Iterable[Path], target: Path, left_out: re.Pattern[str] | None) -> None:
    files = {p.relative_to(tree).as_posix(): p for tree in trees for p in tree.rglob("*")}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, path in sorted(files.items()):
            if path.is_file() and not (left_out and left_out.search(name)):
                member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                member.compress_type = zipfile.ZIP_DEFLATED
                member.external_attr = 0o644 << 16
                archive.writestr(member, path.read_bytes())


def _check(path: Path, limit: int) -> None:
    size = path.stat().st_size
    if size > limit:
        raise PackagingError(
            f"{path} has {size:,} bytes, above {limit:,}. {_largest(path)} What only people's "
            "requests need belongs into requirements/api.in, not into requirements/events.in."
        )


def _largest(path: Path) -> str:
    sizes: dict[str, int] = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            top = member.filename.split("/")[0]
            sizes[top] = sizes.get(top, 0) + member.compress_size
    first = sorted(sizes.items(), key=lambda item: -item[1])[:6]
    return "Largest: " + ", ".join(f"{name} {size:,}" for name, size in first) + "."
