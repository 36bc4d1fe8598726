"""A draft of a notice tried by API; saves nothing."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.accounts import Act
from chalicelib.handlers.http import Call, json_answer
from chalicelib.handlers.staff.doors import door, read_body


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
    from chalicelib.bootstrap import services
    from chalicelib.handlers.staff import bodies
    from chalicelib.handlers.wording import make_preview
    from chalicelib.tickets.catalog import NoticeWords

    body = read_body(call, bodies.NoticeDraft)
    settings = services().settings
    city = {"city_name": settings.city_name, "timezone": settings.timezone}
    price = services().catalog.load().policy.sms_price_micros
    return json_answer(make_preview(NoticeWords(**body.model_dump()), city, price).as_json())
