"""Which mail domains are one household or desk, and which a crowd of strangers; pure."""

from __future__ import annotations

from chalicelib.tickets.catalog.published import Policy

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


def desk_of(address: str | None, policy: Policy) -> str:
    """The domain of an address whose owners answer for each other; empty for a crowd of strangers."""
    domain = (address or "").rpartition("@")[2].lower()
    crowded = {name.strip().lower() for name in policy.crowded_domains}
    return "" if domain in PROVIDERS or domain in crowded else domain
