"""Files that staff send to a citizen with their words, under the rules of citizens' own uploads."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.channels import bounds
from chalicelib.channels.files.uploads import SentFile, read_uploads
from chalicelib.errors import InvalidRequest
from chalicelib.handlers.http import Services
from chalicelib.handlers.http.bodies import Upload
from chalicelib.messages import Attachment

if TYPE_CHECKING:
    from chalicelib.handlers.api.schemas.bodies import ReplyFile

_SAID = {
    "too_many_files": f"Send at most {bounds.PHOTOS} files at once.",
    "not_a_photo": "Send only pictures (JPEG, PNG, GIF, WebP, HEIC) and PDF files.",
}


def decoded(files: Sequence[ReplyFile]) -> list[Upload]:
    """The files of a JSON body. Raises `InvalidRequest` for one that is no base 64."""
    try:
        return [Upload(f.filename, "", base64.b64decode(f.content, validate=True)) for f in files]
    except ValueError as error:
        said = {"files": "Send the bytes in base 64."}
        raise InvalidRequest("These files cannot be sent.", said) from error


def keep_files(services: Services, files: Sequence[SentFile]) -> tuple[Attachment, ...]:
    """The files, kept; photos without what they tell of their owner.

    Nobody fetches one before the scanner calls it clean. Raises `InvalidRequest` naming `files`.
    """
    found, wrong = read_uploads(files)
    if wrong:
        said = _SAID[wrong.partition(":")[0]]
        raise InvalidRequest("These files cannot be sent.", {"files": said})
    return tuple(services.files.put(each) for each in found)
