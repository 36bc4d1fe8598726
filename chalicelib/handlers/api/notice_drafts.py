"""A draft of a notice tried by API; saves nothing."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.handlers.api import schemas
from chalicelib.handlers.api.doors import door, read_body
from chalicelib.handlers.http import Call, json_answer
from chalicelib.handlers.notice_drafts import try_draft
from chalicelib.identity.accounts import Act
from chalicelib.tickets.catalog import NoticeWords


@door(
    "POST",
    "/notice-preview",
    Act.READ_CATALOG,
    summary="A draft of a notice as people would receive it",
    tag="Notices",
    body="NoticeDraft",
    answers="NoticePreview",
)
def preview_notice(call: Call) -> Response:
    """Mail, text, segments, price, reading ease, and every mistake by its line."""
    body = read_body(call, schemas.bodies.NoticeDraft)
    return json_answer(try_draft(call.services, NoticeWords(**body.model_dump())).as_json())
