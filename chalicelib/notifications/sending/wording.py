"""Wording: a written notification becomes the message that its recipient will see; sends nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib import logs
from chalicelib.messages import Audience, Channel, OutboundMessage
from chalicelib.templates import Rendered, render
from chalicelib.templates.written import render_written
from chalicelib.tickets.catalog import NoticeWords, Policy
from chalicelib.tickets.catalog.notice_checks import as_written
from chalicelib.tickets.model.receipts import BROADCAST
from chalicelib.tickets.model.records import Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Words messages. `reply_address` makes the address that answers to one come back to,
    `unsubscribe` the page of its reader's wishes."""

    reply_address: Callable[[Notification], str]
    published_notices: Callable[[str, int], NoticeWords]
    policy: Callable[[], Policy]
    unsubscribe: Callable[[Notification], str] = lambda _: ""
    default_locale: str = "en"

    def compose(self, notification: Notification) -> OutboundMessage:
        """The message as its recipient will see it."""
        rendered = self._words(notification)
        return OutboundMessage(
            notification_id=notification.notification_id,
            channel=notification.channel,
            recipient=notification.recipient,
            text=rendered.text,
            subject=rendered.subject,
            html=rendered.html,
            locale=rendered.locale,
            reply_to=self.reply_address(notification),
            in_reply_to=notification.in_reply_to,
            headers=self._list_headers(notification),
            is_automatic=notification.notice != "ticket_replied",
            is_broadcast=notification.urgency == BROADCAST,
            tags={
                "notification_id": notification.notification_id,
                "ticket_id": notification.ticket_id,
                "jurisdiction_id": notification.jurisdiction_id,
                "correlation_id": logs.correlation_id(),
            },
        )

    def _list_headers(self, notification: Notification) -> dict[str, str]:
        """What tells mail programs that this went to many, and how to have no more of it."""
        if notification.urgency != BROADCAST:
            return {}
        return {
            "Precedence": "bulk",
            "List-Unsubscribe": f"<{self.unsubscribe(notification)}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    def _words(self, notification: Notification) -> Rendered:
        """In the administrators' words of the version it was written with, else in the shipped ones."""
        name = notification.template or notification.notice
        context = {**notification.context, **self._surroundings(notification)}
        if notification.template_version:
            code = f"{name}.{notification.locale}"
            own = self.published_notices(code, notification.template_version)
            return render_written(name, as_written(own), notification.channel, context)
        return render(
            notification.notice,
            notification.channel,
            notification.locale,
            context,
            default_locale=self.default_locale,
        )

    def _surroundings(self, notification: Notification) -> dict[str, str]:
        """What stands round the words of a mail: the city's colour, and the way to the reader's wishes."""
        look = {"brand_colour": self.policy().brand_colour}
        if notification.channel is Channel.EMAIL and notification.audience is Audience.REQUESTER:
            look["preferences_url"] = self.unsubscribe(notification)
        return look
