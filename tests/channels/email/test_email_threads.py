"""All mails about one ticket are one thread, whatever they answer."""

from __future__ import annotations

from email import message_from_bytes

from chalicelib.channels.email.composing import compose
from chalicelib.messages import Channel, OutboundMessage, Party


def _references(*answers: str, ticket_id: str = "SR-ABCD-EFGH-J") -> list[str]:
    message = OutboundMessage(
        notification_id="n",
        channel=Channel.EMAIL,
        recipient=Party(email="ana@example.org"),
        text="words",
        reply_to="reply+x@report.city.example",
        in_reply_to=answers,
        tags={"ticket_id": ticket_id},
    )
    raw = compose(message, sender_name="City", sender_address="d@city.example", id_domain="ses")
    mail = message_from_bytes(raw)
    named = str(mail["References"] or "").split()
    assert [mail["In-Reply-To"]] == (named[-1:] or [None])
    return named


def test_the_first_mail_begins_the_thread() -> None:
    assert _references() == ["<sr-abcd-efgh-j@report.city.example>"]


def test_later_mails_name_the_thread_first_and_what_was_sent_before() -> None:
    assert _references("one", "two") == [
        "<sr-abcd-efgh-j@report.city.example>",
        "<one@ses>",
        "<two@ses>",
    ]


def test_a_notice_about_no_ticket_begins_no_thread() -> None:
    assert _references(ticket_id="CONTACT-1") == []


def test_nothing_but_an_id_becomes_a_header() -> None:
    assert _references(ticket_id="SR-A>\r\nBcc: x") == []
