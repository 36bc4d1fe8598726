"""Prints how a mail is read, so that a mail that is read wrongly can be shown."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.channels.mime import Envelope, Mailbox, parse
from chalicelib.messages import InboundMessage
from chalicelib.signing import Signer

USAGE = "usage: python -m chalicelib.channels.mime FILE.eml [FILE.eml …]\n"


def main(paths: list[str]) -> int:
    """Print every named mail; the exit code says whether there was any."""
    if not paths:
        sys.stderr.write(USAGE)
        return 2
    mailbox = Mailbox(signer=Signer({"none": "no key is needed here"}, "none"), jurisdiction_id="")
    for path in paths:
        envelope = Envelope(message_id=Path(path).name, received_at=datetime.now(UTC))
        sys.stdout.write(describe(parse(Path(path).read_bytes(), envelope, mailbox)))
    return 0


def describe(message: InboundMessage) -> str:
    """A message as a person reads it."""
    lines = [
        f"file      {message.message_id}",
        f"from      {message.sender.name} <{message.sender.email or 'nobody in particular'}>",
        f"to        {', '.join(message.recipients)}",
        f"subject   {message.subject}",
        f"nature    {message.nature}: {message.nature_reason}",
        f"language  {message.locale or 'unknown'}",
        f"answers   {', '.join(message.answers) or 'nothing'}",
        *(
            f"file      {a.filename} ({a.content_type}, {a.size} bytes{', inline' * a.is_inline})"
            for a in message.attachments
        ),
        "--- new words ---",
        message.text,
        "--- everything ---",
        message.full_text,
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
