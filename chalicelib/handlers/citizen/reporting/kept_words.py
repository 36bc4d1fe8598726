"""What somebody wrote when it could not be taken: on the page that says so, to be sent again."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from chalice.app import Response

from chalicelib.channels.web import clean_text
from chalicelib.errors import MessageConflict
from chalicelib.handlers.http import Call, Failure, form_token, page, page_failure

WORDS = ("description", "text")


def keep_words(call: Call, failure: Failure) -> Response:
    """The error with the form that met it, filled in; the page of errors where nothing was written.

    After a conflict the form has a new key, so that the other words become a message of their own;
    after any other error the old one, so that what was taken all the same is not taken twice.
    """
    is_conflict = failure.code == MessageConflict.code
    is_passing = is_conflict or failure.status == 429 or failure.status >= 500
    if call.method != "POST" or call.is_too_large or not is_passing:
        return page_failure(call, failure)
    words = next((name for name in WORDS if name in call.form.fields), "")
    token, headers = form_token(call)
    service = call.arg("service")
    said = {name: values for name, values in call.form.fields.items() if name != "form_token"}
    if is_conflict:
        said["submission"] = [secrets.token_urlsafe(18)]
    context = {
        "action": call.path + (f"?service={quote(service)}" if service else ""),
        "hidden": [(n, v) for n, values in said.items() if n != words for v in values],
        "words_name": words,
        "words": clean_text(call.form.get(words)),
        "form_token": token,
        "is_conflict": is_conflict,
        "is_limit": failure.status == 429,
        "number": call.services.catalog.load().policy.emergency_number,
        "has_lost_photos": any(file.content for file in call.form.files.get("photos", ())),
        "failure": failure,
    }
    return page(
        call, "citizen/kept", context, status=failure.status, headers={**failure.headers, **headers}
    )
