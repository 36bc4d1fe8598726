"""A language is added by adding a folder and a file: nothing in the code names the shipped ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
VISIT = """
import chalicelib, sys
from tests.citizens import ANA, submit_report, to
from tests.harness import Harness

assert chalicelib.__file__.startswith(sys.argv[1]), chalicelib.__file__
with Harness.boot() as town:
    page = town.http("GET", "/?lang=fr")
    assert '<html lang="fr" dir="ltr"' in page.text, page.text[:400]
    assert "Accueil" in page.text
    assert "Français" in page.text
    answer = submit_report(town, **{"attribute[size]": "plate"})
    assert answer.status in (200, 201, 303), answer.text
    town.drain()
    [mail] = to(town, ANA)
    assert mail.subject.startswith("Nous avons"), mail.subject
    assert 'lang="fr"' in mail.html
print("spoken")
"""


def test_a_folder_and_a_file_make_a_language(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "chalicelib", tmp_path / "chalicelib", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("app.py", "infra", "tests", ".chalice"):
        (tmp_path / name).symlink_to(ROOT / name)
    templates = tmp_path / "chalicelib" / "templates"
    shutil.copytree(templates / "notices" / "en", templates / "notices" / "fr")
    _say(templates / "notices" / "fr" / "_words.json", name="Français", lang="fr")
    (templates / "notices/fr/ticket_received/subject.txt").write_text("Nous avons {{ reference }}")
    messages = templates / "pages" / "messages"
    shutil.copy(messages / "en.json", messages / "fr.json")
    _say(messages / "fr.json", **{"home.title": "Accueil"})
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", VISIT, str(tmp_path)]
    done = subprocess.run(
        command, cwd=tmp_path, env=env, check=False, capture_output=True, text=True
    )
    assert done.stdout.endswith("spoken\n"), done.stderr[-3000:]


def _say(file: Path, **words: str) -> None:
    known = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**known, **words}, ensure_ascii=False), encoding="utf-8")
