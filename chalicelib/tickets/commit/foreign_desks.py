"""Which mail domains are one desk, and what another system's automatic answers look like; pure.

A person writes once about a matter. A desk that answers itself shows it: it answers our answer from another
address, says that a request was registered, or says the same from several addresses.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from chalicelib.messages import Channel, InboundMessage
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.allowances import leave
from chalicelib.tickets.model.authority import MAY, authority_of, is_participant
from chalicelib.tickets.model.records import Allowance
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.model.wording import fold

# The large providers of the world; a city adds those of its region to its policy.
_PROVIDERS = """
    126.com 163.com aol.com att.net bellsouth.net bigpond.com bk.ru bluewin.ch btinternet.com
    charter.net chmail.ir comcast.net cox.net earthlink.net fastmail.com foxmail.com free.fr gmail.com
    gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hey.com hotmail.co.uk hotmail.com hotmail.de
    hotmail.es hotmail.fr hotmail.it icloud.com inbox.ru laposte.net libero.it list.ru live.com
    live.co.uk live.fr live.nl mac.com mail.com mail.ru mailbox.org me.com msn.com naver.com
    orange.fr outlook.com outlook.de outlook.es outlook.fr outlook.it pm.me posteo.de proton.me
    protonmail.com qq.com rediffmail.com rocketmail.com rogers.com sbcglobal.net seznam.cz sfr.fr
    shaw.ca sina.com sky.com skynet.be sohu.com sympatico.ca t-online.de talktalk.net telenet.be
    terra.com.br tiscali.it tutanota.com uol.com.br verizon.net virgilio.it virginmedia.com wanadoo.fr
    web.de wp.pl yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.com.mx
    yahoo.de yahoo.es yahoo.fr yahoo.in yahoo.it yandex.com yandex.ru yeah.net ymail.com ziggo.nl
"""
PROVIDERS = frozenset(_PROVIDERS.split())
LEAST_WORDS = 5  # of words that are said to be the same: "There is no water" is anybody's
READ = 2_000  # letters that are looked at
# What is said about the correspondence itself, not about anything in the street; as `fold` leaves it. A
# person says one of these now and then, a system that answers by itself says little else.
_MAIL_WORDS = re.compile(
    r"\b(ticket|case|ref|reference|request|enquir|inquir|message|e-?mail|mailbox|submission|complaint"
    r"|receipt|receiv|regist|logged|record|acknowledg|automat|auto-?reply|repl|respon|agent|team|assign"
    r"|creat|monitor|business day|working day|office hour|contact|thank you|thanks|get back|in touch"
    r"|shortly|important to us|number is|opened|office is"
    r"|solicitud|mensaje|correo|recib|folio|caso|respuesta|respond|gracias por|pronto"
    r"|anfrage|nachricht|eingang|eingegangen|erhalten|bestatig|vorgang|bearbeit|antwort|angelegt|dank\b"
    r"|demande|courriel|recu\b|enregistr|reponse|dossier|accuse|merci)"
    r"|(پیام|درخواست|دریافت|ثبت|پاسخ|خودکار|پیگیری|邮件|收到|工单|回复|自动|编号|感谢)"
)
_I = re.compile(
    r"\b(i|i'm|i've|my|me|mine|ich|mein\w*|mir|mich|yo|mi|mis|he|je|j'ai|mon|ma|mes|moi)\b"
    r"|من\b|(?<!پی)ام\b|我"
)
FEW_WORDS, LEAST_SAID = 80, 2


def desk_of(address: str | None, policy: Policy) -> str:
    """The domain of an address whose owners answer for each other; empty for a crowd of strangers."""
    domain = (address or "").rpartition("@")[2].lower()
    crowded = {name.strip().lower() for name in policy.crowded_domains}
    return "" if domain in PROVIDERS or domain in crowded else domain


def may_join_thread(message: InboundMessage, ticket: Ticket, policy: Policy, holder: str) -> bool:
    """Whether a mail that answers a message of ours joins the ticket that one was about."""
    is_own = is_participant(message.sender, ticket, holder)
    return is_own or _is_colleague(message, ticket, policy, holder)


def may_join_by_name(message: InboundMessage, ticket: Ticket, policy: Policy, holder: str) -> bool:
    """Whether a mail that names the ticket joins it."""
    may = MAY[authority_of(message, ticket, holder)]
    return may.join_by_reference or _is_colleague(message, ticket, policy, holder)


def _is_colleague(message: InboundMessage, ticket: Ticket, policy: Policy, holder: str) -> bool:
    """Somebody else of the requester's desk; their words change nothing and are answered by nobody."""
    if is_participant(message.sender, ticket, holder):
        return False
    desk = desk_of(message.sender.email, policy)
    return bool(desk) and desk == desk_of(ticket.requester.email, policy)


def gates(message: InboundMessage, policy: Policy, now: datetime) -> list[Allowance]:
    """The counts that a mail of one desk falls under; over one of them a person looks at it first."""
    desk = desk_of(message.sender.email, policy) if message.channel is Channel.EMAIL else ""
    words = fold(message.text[:READ]).split()
    if not desk:
        return []
    found = ["machine"] if _is_about_mail(words) else []
    if len(words) >= LEAST_WORDS:
        digest = hashlib.sha256(" ".join(words).encode("utf-8", "replace")).hexdigest()[:20]
        found.append(f"alike-{digest}")
    return [
        leave("alike_mails_a_day", policy, now, desk, channel=message.channel, kind=kind)
        for kind in found
    ]


def _is_about_mail(words: list[str]) -> bool:
    """Whether these few words are about the correspondence itself, and nobody in them says "I"."""
    text = " ".join(words)
    said = {found[0] or found[1] for found in _MAIL_WORDS.findall(text)}
    return len(words) <= FEW_WORDS and len(said) >= LEAST_SAID and not _I.search(text)
