"""The SMTP address that stands in for SES's receiving side; stores and tells, decides nothing.

A mail over plain local SMTP counts as proven (DMARC PASS), so that a demonstration works. Another
verdict is chosen without touching the mail: sign in with a user name such as `dmarc=FAIL` or
`dmarc=FAIL;spam=FAIL` and any password.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from infra.local.postoffice import PostOffice
from infra.local.reception import VERDICTS

MOST_BYTES = 40 * 1024 * 1024  # what SES takes
STATES = frozenset({"PASS", "FAIL", "GRAY", "PROCESSING_FAILED", "DISABLED"})


class Door:
    """What aiosmtpd calls for each mail."""

    def __init__(self, post: PostOffice, domain: str) -> None:
        self._post = post
        self._domain = domain.lower()

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """Take mail for the receiving domain only, as the receipt rule does."""
        if address.rpartition("@")[2].lower() != self._domain:
            return f"550 5.1.1 Only addresses at {self._domain} are ours"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Hand the mail over, away from the loop that reads from the network."""
        verdicts = cast("Mapping[str, str] | None", session.auth_data)
        loop = asyncio.get_running_loop()
        mail = await loop.run_in_executor(None, self._receive, envelope, verdicts)
        return f"250 2.6.0 Received as {mail}"

    def _receive(self, envelope: Envelope, verdicts: Mapping[str, str] | None) -> str:
        content = envelope.original_content or b""
        return self._post.mail(
            content,
            to=tuple(envelope.rcpt_tos),
            source=envelope.mail_from or "",
            verdicts=verdicts or None,
        ).message_id


def read_verdicts(text: str) -> dict[str, str] | None:
    """Verdicts from `dmarc=FAIL;spam=GRAY`; None for what is none of ours."""
    verdicts: dict[str, str] = {}
    for pair in filter(None, text.split(";")):
        name, _, state = pair.strip().partition("=")
        if name.lower() not in VERDICTS or state.upper() not in STATES:
            return None
        verdicts[name.lower()] = state.upper()
    return verdicts


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
) -> AuthResult:
    login = data.login.decode("utf-8", "replace") if isinstance(data, LoginPassword) else ""
    verdicts = read_verdicts(login)
    # aiosmtpd takes empty data for none, so that "no verdict of its own" is a success as well.
    return AuthResult(success=verdicts is not None, auth_data=verdicts or {})


class SmtpDoor:
    """A listening door; `port` 0 chooses a free one, which `port` then names."""

    def __init__(self, post: PostOffice, domain: str, host: str, port: int) -> None:
        self._controller = Controller(
            Door(post, domain),
            hostname=host,
            port=port,
            data_size_limit=MOST_BYTES,
            auth_require_tls=False,
            authenticator=_authenticate,
            enable_SMTPUTF8=True,
            ident="Civicline's town",
            decode_data=False,
        )

    def open(self) -> None:
        """Listen."""
        self._controller.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        server = self._controller.server
        assert server is not None
        return int(server.sockets[0].getsockname()[1])  # type: ignore[attr-defined]

    def close(self) -> None:
        """Listen no more."""
        self._controller.stop(no_assert=True)
