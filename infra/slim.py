"""A deployment zip without what no function reads, byte-compiled; knows no stage and no stack.

`/var/task` cannot be written, so without the compiled files every cold start would compile anew.
"""

from __future__ import annotations

import pickle
import py_compile
import re
import tempfile
import zipfile
from pathlib import Path

from chalicelib.templates import available_locales

LIMIT = 8_000_000  # bytes, zipped: the budget of a cold start's download

# The languages we ship, the territories their readers live in mostly, and what they inherit from.
_TERRITORIES = ("en_001", "en_US", "es_419", "es_MX", "es_US", "fa_IR", "zh_Hans", "zh_Hans_CN")
_LOCALES = "|".join(("root", *available_locales(), *_TERRITORIES))

_DROPPED = re.compile(
    "|".join(
        (
            r"\.pyi$",
            r"\.c$",
            r"\.so\.debug$",
            r"/py\.typed$",
            r"(^|/)tests?/",
            r"(^|/)__pycache__/",
            r"^(?!holidays-|email_validator-)[^/]+\.dist-info/",  # these two ask for their version
            r"\.dist-info/(?!METADATA$)",
            r"^bin/",
            rf"^babel/locale-data/(?!(?:{_LOCALES})\.dat$)",
            r"^babel/messages/(?!__init__|plurals)",
            r"^holidays/(locale|financial)/",
            r"^phonenumbers/shortdata/region_",
            r"^dateutil/rrule\.py$",
            r"^dateutil/zoneinfo/dateutil-zoneinfo\.tar\.gz$",  # the system's zones and tzdata serve
            r"^dns/",  # email-validator asks the DNS for deliverability only, which we never want
            r"^pydantic/(v1|mypy\.py|_hypothesis_plugin\.py)",
            r"^(README|LICENSE)[^/]*$",
        )
    )
)


# Docstrings that are read at work: by administrators (actions) and in the description of the API.
_READ = re.compile(
    r"^chalicelib/(tickets/(escalation|catalog)/|tickets/catalog_desk|handlers/staff/)"
)


class TooLarge(Exception):
    """The zip is above its budget; the text names the largest parts."""


def is_dropped(name: str) -> bool:
    """Whether a member of the zip is left out."""
    return bool(_DROPPED.search(name))


def slim(source: Path, target: Path) -> int:
    """Write `source` without its ballast and compiled to `target`; the same input, the same bytes.

    Returns the size in bytes. Raises `TooLarge` above `LIMIT`. Compiles for the Python that runs.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _unpack(source, root)
        _forget_languages(root / "babel" / "global.dat")
        _compile(root)
        _pack(root, target)
    size = target.stat().st_size
    if size > LIMIT:
        raise TooLarge(f"{target} has {size:,} bytes, above {LIMIT:,}. {_largest(target)}")
    return size


def _compile(root: Path) -> None:
    """Put compiled files in the place of their sources, without the docstrings that nobody reads there.

    A traceback still names file and line. Unchecked: the files never change after packaging, so no
    import looks for a source.
    """
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root)
        py_compile.compile(
            str(path),
            cfile=str(path.with_suffix(".pyc")),
            dfile=name.as_posix(),
            doraise=True,
            optimize=0 if _READ.search(name.as_posix()) else 2,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        path.unlink()


def _unpack(source: Path, root: Path) -> None:
    with zipfile.ZipFile(source) as archive:
        for member in archive.infolist():
            if not is_dropped(member.filename):
                archive.extract(member, root)


def _forget_languages(path: Path) -> None:
    """Leave out of Babel's table of all the world's languages those that we have no data for."""
    if not path.exists():
        return
    known = pickle.loads(path.read_bytes())
    shipped = re.compile(r"(en|es|fa|zh)(_|$)")
    subtags = known["likely_subtags"]
    known["likely_subtags"] = {name: tag for name, tag in subtags.items() if shipped.match(name)}
    known["territory_languages"] = {}
    path.write_bytes(pickle.dumps(known, protocol=4))


def _pack(root: Path, target: Path) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            member = zipfile.ZipInfo(path.relative_to(root).as_posix(), (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, path.read_bytes())


def _largest(target: Path) -> str:
    sizes: dict[str, int] = {}
    with zipfile.ZipFile(target) as archive:
        for member in archive.infolist():
            top = member.filename.split("/")[0]
            sizes[top] = sizes.get(top, 0) + member.compress_size
    first = sorted(sizes.items(), key=lambda item: -item[1])[:6]
    return "Largest: " + ", ".join(f"{name} {size:,}" for name, size in first) + "."
