"""The files of a form, whichever way they came: in the post, or sent ahead and named in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.files.uploads import SentFile
from chalicelib.errors import AllowanceUsedUp, InvalidRequest, NotFound, TooManyRequests
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.http import (
    Call,
    Services,
    Upload,
    api,
    check_form,
    json_answer,
    origin_of,
)

FIELD = "upload"


@dataclass(frozen=True, slots=True)
class SentAhead:
    """A file that waits in the stash; `value` is what the form carries of it."""

    key: str
    filename: str
    value: str


@api(routes, "/report/uploads", methods=("POST",), public=True)
def invite_upload(call: Call) -> Response:
    """Leave for a browser to post one photo straight to the store."""
    check_form(call)
    try:
        call.services.desk.count_files(origin_of(call), 1)
    except AllowanceUsedUp as error:
        raise TooManyRequests("Very many files came from here; try later.", 3_600) from error
    post = call.services.stash.invite(call.form.get("type"))
    value = _value(call.services, post.key, call.form.get("name"))
    return json_answer({"url": post.url, "fields": post.fields, "value": value})


def _value(services: Services, key: str, filename: str) -> str:
    name = filename.replace("|", "_")[: bounds.NAME]
    return f"{key}|{services.signer.sign('upload', key)}|{name}"


def sent_ahead(call: Call) -> list[SentAhead]:
    """The files that the form names and that we gave leave to send."""
    found = []
    for value in call.form.all(FIELD)[: bounds.PHOTOS + 1]:
        key, signature, filename = [*value.split("|", 2), "", ""][:3]
        if call.services.signer.verify(signature, "upload", key):
            found.append(SentAhead(key, filename, value))
    return found


def sent_files(call: Call) -> list[SentFile]:
    """Every file of the form with its content; one that is forgotten by now is left out."""
    files: list[SentFile] = list(call.form.files.get("photos", ()))
    for ahead in sent_ahead(call):
        try:
            files.append(Upload(ahead.filename, "", call.services.stash.take(ahead.key)))
        except NotFound:
            continue
    return files


def carried_fields(call: Call, without: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Everything that the form said, for another step's form: files too, its own token not."""
    left_out = {"form_token", "photos", FIELD, *without}
    said = [
        (name, value)
        for name, values in call.form.fields.items()
        if name not in left_out
        for value in values
    ]
    return [*said, *((FIELD, value) for value in carried_values(call))]


def carried_values(call: Call) -> list[str]:
    """What another step's form must carry so that no file has to be chosen again.

    When very many files came from there, those of the post are left out: they are to be chosen again.
    """
    values = [ahead.value for ahead in sent_ahead(call)]
    posted = posted_files(call)[: bounds.PHOTOS]
    try:
        call.services.desk.count_files(origin_of(call), len(posted))
    except AllowanceUsedUp:
        return values
    return values + [
        _value(call.services, call.services.stash.put(file.content), file.filename)
        for file in posted
    ]


def posted_files(call: Call) -> list[SentFile]:
    """The files that came in the post itself, which nobody has counted yet."""
    return [file for file in call.form.files.get("photos", ()) if file.content]


def check_files(call: Call) -> None:
    """Count the files of the post. Raises `InvalidRequest` at their field: the words go on without."""
    try:
        call.services.desk.count_files(origin_of(call), len(posted_files(call)))
    except AllowanceUsedUp as error:
        raise InvalidRequest("Send it without files.", {"photos": "too_many_uploads"}) from error
