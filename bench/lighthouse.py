"""`make lighthouse`: what Lighthouse says of the citizens' pages of a town, beside what they must reach.

Tracking pages are closed to search engines on purpose (`noindex`), since whoever knows the address sees
everything. So the one audit that asks for the opposite, `is-crawlable`, is left out on them; all others
count.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from infra.local.running import RunningTown, Wishes

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / ".build" / "node_modules" / ".bin" / "lighthouse"
LEAST = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
TRIES = 3
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"


class Visit(NamedTuple):
    """A page to judge; `is_hidden` from search engines, on purpose."""

    name: str
    path: str
    is_hidden: bool = False


def main(wanted: str = "") -> int:
    """The table of all pages, or of those with `wanted` in their name; 1 when one is below its limits."""
    chromium = os.environ.get("CHROME_PATH") or shutil.which("chromium")
    if not PROGRAM.exists() or not chromium:
        print("Lighthouse needs npm and Chromium: npm install --prefix .build lighthouse@12.8.2")
        return 1
    print(f"{'page':<28}" + "".join(f"{name:>16}" for name in LEAST))
    with RunningTown(Wishes(port=0, smtp_port=0)) as town:
        visits = [each for each in _visits(town.url) if wanted in each.name]
        passed = [_judge(town.url, each, chromium) for each in visits]
    return int(not all(passed))


def _visits(url: str) -> Iterator[Visit]:
    """Every kind of page that a citizen sees, in both directions of writing where it matters."""
    tracking = _report(url)
    public = f"/tickets/{tracking.split('/')[2]}"
    yield Visit("start", "/")
    yield Visit("report: services", "/report")
    yield Visit("report: form", "/report?service=graffiti")
    yield Visit("report: form, Persian", "/report?service=graffiti&lang=fa")
    yield Visit("tracking", f"{tracking}?lang=en", is_hidden=True)
    yield Visit("tracking, Persian", f"{tracking}?lang=fa", is_hidden=True)
    yield Visit("find a report", "/track")
    yield Visit("public list", "/reports")
    yield Visit("public list, Persian", "/reports?lang=fa")
    yield Visit("public report", public)
    yield Visit("performance", "/performance")
    yield Visit("open data", "/data")


def _report(url: str) -> str:
    """Report something, as a browser would; the path of its tracking page."""
    visitor = build_opener(HTTPCookieProcessor(CookieJar()))
    address = f"{url}/report?service=graffiti"
    with visitor.open(address) as answer:
        page = answer.read().decode()
    form = page[page.rindex("<form") :]
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    told = {"description": "Paint on the wall", "address": "Elm Street 5", "contact": "email"}
    told |= {"email": "ana@example.org", "lat": "39.8", "long": "-89.65"}
    with visitor.open(address, urlencode({**hidden, **told}).encode()) as answer:
        confirmed = answer.read().decode()
    found = re.search(r'id="tracking" href="[^"]*?(/t/[^"?]+)', confirmed)
    if found is None:
        raise SystemExit("The report was not taken; see the town's answer.")
    return unescape(found[1])


def _judge(url: str, visit: Visit, chromium: str) -> bool:
    for _ in range(TRIES):  # a busy machine is no fault of the page
        scores, faults = _measure(f"{url}{visit.path}", visit.is_hidden, chromium)
        if scores["performance"] >= LEAST["performance"]:
            break
    print(f"{visit.name:<28}" + "".join(f"{scores[name]:>16}" for name in LEAST), flush=True)
    for fault in faults:
        print(f"    {fault}")
    return all(scores[name] >= least for name, least in LEAST.items())


def _measure(address: str, is_hidden: bool, chromium: str) -> tuple[dict[str, int], list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        command = [str(PROGRAM), address, "--quiet", "--output=json", f"--output-path={out}"]
        command += [f"--chrome-flags={FLAGS}", f"--only-categories={','.join(LEAST)}"]
        command += ["--no-enable-error-reporting"]
        command += ["--skip-audits=is-crawlable"] if is_hidden else []
        subprocess.run(command, check=True, env={**os.environ, "CHROME_PATH": chromium})
        report = json.loads(out.read_text(encoding="utf-8"))
    scores = {name: round(100 * report["categories"][name]["score"]) for name in LEAST}
    return scores, list(_faults(report, scores))


def _faults(report: Mapping[str, Any], scores: Mapping[str, int]) -> Iterator[str]:
    """What the score was lowered by, where it is below its limit."""
    for name, least in LEAST.items():
        if scores[name] < least:
            for part in report["categories"][name]["auditRefs"]:
                audit = report["audits"][part["id"]]
                if part["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                    shown = audit.get("displayValue", "")
                    yield f"{name}: {part['id']} {shown}".rstrip()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
