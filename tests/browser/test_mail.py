"""A Persian mail from a phone with two photos, its reply from Outlook, an absence: as people see it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local.outbox import Sent
from tests.browser.doorway import serve
from tests.browser.test_console import Site, sign_in, visit
from tests.citizens import DESK, newest_ticket, timeline_of, to, tracking_path
from tests.harness import Harness

MINA = "mina@example.org"
WORDS = "سلام، جلوی پلاک ۴۵ خیابان الم چاله‌ای عمیق است. دو عکس فرستادم."
ANSWER = "ممنون. امروز بزرگ‌تر شده و آب در آن جمع شده است."
PAINT = """([width, height, colour]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour; pen.fillRect(0, 0, width, height);
  pen.fillStyle = "#333"; pen.beginPath();
  pen.ellipse(width / 2, height * 0.6, width / 4, height / 6, 0, 0, 7); pen.fill();
  return canvas.toDataURL("image/jpeg", 0.8).split(",")[1];
}"""


def photo(chromium: Browser, width: int, height: int, colour: str) -> bytes:
    """A real JPEG, such as a phone makes, without a small picture in it."""
    page = chromium.new_page()
    data: str = page.evaluate(PAINT, [width, height, colour])
    page.close()
    return base64.b64decode(data)


def phone_mail(photos: list[bytes]) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = f"مینا رضایی <{MINA}>", DESK
    mail["Subject"], mail["Message-ID"] = "چاله در خیابان الم", "<phone-1@mail.example>"
    mail.set_content(f"{WORDS}\n\nارسال‌شده از iPhone من\n")
    for number, content in enumerate(photos, start=2041):
        name = f"IMG_{number}.jpeg"
        mail.add_attachment(content, maintype="image", subtype="jpeg", filename=name)
    return bytes(mail)


def from_outlook(sent: Sent) -> bytes:
    """What Outlook for Windows makes of an answer: HTML, and the mail before under a rule."""
    mail = EmailMessage()
    mail["From"], mail["To"] = f"Mina Rezaei <{MINA}>", sent.reply_to
    mail["Subject"], mail["Thread-Topic"] = f"RE: {sent.subject}", sent.subject
    mail.set_content(
        f"{ANSWER}\n\n________________________________\nFrom: Springfield <{DESK}>\n"
        f"Sent: Monday, March 2, 2026 5:00 PM\nTo: Mina Rezaei\nSubject: {sent.subject}\n\n{sent.text}"
    )
    html = (
        f'<div dir="rtl"><p class="MsoNormal">{ANSWER}</p></div><div style="border:none;border-top:'
        f'solid #E1E1E1 1.0pt"><p><b>From:</b> Springfield<br><b>Sent:</b> Monday, March 2, 2026'
        f"<br><b>To:</b> Mina Rezaei<br><b>Subject:</b> {sent.subject}</p></div><p>{sent.text}</p>"
    )
    mail.add_alternative(html, subtype="html")
    return bytes(mail)


def absence(sent: Sent) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = f"Mina Rezaei <{MINA}>", sent.reply_to
    mail["Subject"], mail["Auto-Submitted"] = f"پاسخ خودکار: {sent.subject}", "auto-replied"
    mail.set_content(f"تا شنبه در دفتر نیستم.\n\n{sent.text}")
    return bytes(mail)


def tell(town: Harness, photos: list[bytes]) -> str:
    """The whole story; the ticket's reference."""
    town.mail(phone_mail(photos))
    town.drain()
    [sent] = to(town, MINA)
    town.mail(from_outlook(sent))
    town.mail(absence(sent))
    town.drain()
    return str(newest_ticket(town)["ticket_id"])


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Harness.boot() as town, serve(town) as url:
        yield Site(town, url)


@pytest.fixture(scope="module")
def ticket_id(site: Site, chromium: Browser) -> str:
    photos = [photo(chromium, 1200, 900, "#aab"), photo(chromium, 900, 1200, "#cba")]
    return tell(site.town, photos)


def test_three_mails_are_one_ticket_that_says_what_was_said(site: Site, ticket_id: str) -> None:
    said = [(e["kind"], e["text"], e["is_verified"]) for e in timeline_of(site.town, ticket_id)]
    assert said[0][:2] == ("opened", WORDS)
    assert ("appended", ANSWER, True) in said
    [filed] = [e for e in timeline_of(site.town, ticket_id) if e["kind"] == "filed"]
    assert filed["text"].startswith("تا شنبه")
    assert len(to(site.town, MINA)) == 1


def _small_pictures(page: Page) -> None:
    pictures = page.locator("[data-photo] canvas")
    expect(pictures).to_have_count(2)
    sizes = pictures.evaluate_all("all => all.map((one) => [one.width, one.height])")
    assert sizes == [[160, 120], [120, 160]]


def test_staff_read_it_and_see_the_photos(
    chromium: Browser, site: Site, ticket_id: str, axe: Callable[[Page], list[str]]
) -> None:
    page = visit(chromium)
    sign_in(page, site, "agent")
    page.goto(f"{site.url}/console/tickets/{ticket_id}")
    _small_pictures(page)
    expect(page.get_by_text(ANSWER)).to_be_visible()
    assert axe(page) == []
    page.context.close()


def test_the_citizen_reads_it_and_sees_the_photos(
    chromium: Browser, site: Site, ticket_id: str, axe: Callable[[Page], list[str]]
) -> None:
    page = visit(chromium, "phone")
    page.goto(site.url + tracking_path(to(site.town, MINA)[0].text))
    _small_pictures(page)
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert "در دفتر نیستم" not in page.content()
    assert axe(page) == []
    page.context.close()


def test_a_picture_that_claims_to_be_huge_is_not_opened(chromium: Browser, site: Site) -> None:
    """Seventy bytes that would take gigabytes of whoever looks at the ticket."""
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (60_000).to_bytes(4, "big") * 2
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "bo@example.org", DESK, "Hole"
    mail.set_content("A hole.")
    mail.add_attachment(head + bytes(60), maintype="image", subtype="png", filename="a.png")
    site.town.mail(bytes(mail))
    site.town.drain()
    tickets = site.town.dump()["tickets"]
    [bomb] = [t["ticket_id"] for t in tickets if t["requester"]["email"] == "bo@example.org"]
    page = visit(chromium)
    sign_in(page, site, "agent")
    page.add_init_script("window.createImageBitmap = () => { window.wasOpened = true; }")
    with page.expect_response(lambda answer: "/files/" in answer.url):
        page.goto(f"{site.url}/console/tickets/{bomb}")
    page.wait_for_load_state("networkidle")
    assert not page.evaluate("window.wasOpened")
    page.context.close()
