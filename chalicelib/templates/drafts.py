"""The shipped words as administrators may write them, to begin from; saves and renders nothing."""

from __future__ import annotations

import re

from chalicelib.templates.checked import problems
from chalicelib.templates.locales import NOTICES_FOLDER

_FILES = {"subject": "subject.txt", "body": "body.txt", "sms": "sms.txt"}
_MAIN = re.compile(r"{% block main %}\n(.*?){% endblock %}", re.DOTALL)
_LOOP = re.compile(r"{%-? for \w+ in (\w+) -?%}.*?{%-? endfor -?%}", re.DOTALL)


def first_draft(notice: str, locale: str) -> dict[str, str]:
    """Subject, body and text message of a shipped notice that a language has.

    A part that only the full template language can say is empty.
    """
    folder = NOTICES_FOLDER / locale / notice
    sources = {part: (folder / name).read_text(encoding="utf-8") for part, name in _FILES.items()}
    drafts = {part: _plainer(source) for part, source in sources.items()}
    return {part: "" if problems(draft) else draft for part, draft in drafts.items()}


def _plainer(source: str) -> str:
    main = _MAIN.search(source)
    return _LOOP.sub(r"\n{{ \1 | lines }}\n", main[1] if main else source).strip()
