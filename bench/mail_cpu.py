"""What reading a mail costs: own CPU by size, and the memory of the largest that SES takes.

    python -m bench.mail_cpu

Process time, so that a busy machine does not show; ends with an error when a promise is broken.
"""

from __future__ import annotations

import base64
import resource
import sys
import time
from email.message import EmailMessage
from email.policy import SMTP

from tests.channels.mails import read

LINE = "The lamp in front of number 45 has been dark since Monday, and the path is hard to see. "
MEGABYTE = 1_000_000
SMALL, LARGE, LARGEST = 40.0, 400.0, 6_000.0  # milliseconds: promised for 20 KB, 1 MB, 40 MB
MOST_MEMORY = 700  # MB


def mail(text: str = "", html: str = "") -> bytes:
    """A mail with these parts."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = "ana@example.org", "desk@city.example", "Lamp"
    made.set_content(text or "See below.")
    if html:
        made.add_alternative(html, subtype="html")
    return made.as_bytes()


def markup(size: int) -> str:
    """HTML as a mail program writes it: a tag for every twelve characters or so of text."""
    row = '<tr><td style="x"><b>Lamp</b> <i>45</i></td><td><span>dark</span><br></td></tr>\n'
    table = row * (size // len(row))
    return f"<html><body><p>{LINE}</p><table>{table}</table><p>Thanks</p></body></html>"


def with_file(size: int) -> bytes:
    """A mail whose one file has `size` bytes, written without a copy too many."""
    data = base64.encodebytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * (size // 256))
    head = (
        "From: ana@example.org\r\nSubject: Lamp\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\n\r\nThe lamp is dark.\r\n--b\r\nContent-Type: image/png\r\n"
        "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.png\r\n\r\n"
    )
    return head.encode() + data + b"\r\n--b--\r\n"


def milliseconds(raw: bytes, times: int) -> list[float]:
    """Own CPU of each of several readings, cheapest first."""
    spent = []
    for _ in range(times):
        started = time.process_time()
        read(raw)
        spent.append((time.process_time() - started) * 1000)
    return sorted(spent)


def measure(name: str, raw: bytes, times: int, promise: float) -> bool:
    """Print one line; whether the promise was kept at the 95th percentile."""
    spent = milliseconds(raw, times)
    p50, p95 = spent[len(spent) // 2], spent[int(len(spent) * 0.95)]
    print(
        f"{name} ({len(raw) / 1000:,.0f} KB): median {p50:.1f} ms, p95 {p95:.1f} ms of {promise:.0f}"
    )
    return p95 <= promise


def main() -> int:
    """Measure all, the largest last because memory never shrinks."""
    read(mail("warm"))
    kept = [
        measure("text and HTML", mail(LINE * 110, markup(9_000)), 200, SMALL),
        measure("HTML only", mail(html=markup(20_000)), 200, SMALL),
        measure("HTML", mail(html=markup(MEGABYTE)), 20, LARGE),
        measure("one 29 MB file", with_file(29 * MEGABYTE), 5, LARGEST),
        measure("text", mail(LINE * (39 * MEGABYTE // len(LINE))), 3, LARGEST),
    ]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {memory} MB of {MOST_MEMORY}, the making of the mails included")
    return int(not all(kept) or memory > MOST_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
