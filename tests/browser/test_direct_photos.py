"""Photos on the straight way: from a real Chromium to the bucket, by a signed form, and onto the ticket."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local import uploads
from infra.local.stack import client
from tests.browser import bucket as buckets
from tests.browser.conftest import QUIET
from tests.browser.doorway import serve
from tests.harness import Harness
from tests.photographs import SPRINGFIELD, exif, jpeg

ELSEWHERE = "https://another-bucket.s3.us-east-1.amazonaws.com/"
NUMBERS = count(1)


@dataclass
class Place:
    """The town, its address, its bucket and a page of a browser that finds both."""

    town: Harness
    url: str
    bucket: buckets.Bucket
    page: Page
    asked: list[str]
    complaints: list[str]


@pytest.fixture(scope="module")
def site(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, ...]]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    folder = tmp_path_factory.mktemp("bucket")
    with Harness.boot() as town, serve(town) as url:
        name = town.services.settings.files_bucket
        with buckets.serve(name, folder) as bucket:
            there = f"--host-resolver-rules=MAP *.amazonaws.com 127.0.0.1:{bucket.port}"
            flags = [*QUIET, there, "--ignore-certificate-errors"]
            browser = chromium.browser_type.launch(executable_path=path, args=flags)
            yield town, url, bucket, browser
            browser.close()


@pytest.fixture
def place(site: tuple[Any, ...]) -> Iterator[Place]:
    town, url, bucket, browser = site
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en")
    page = context.new_page()
    page.set_default_timeout(15_000)
    found = Place(town, url, bucket, page, [], [])
    page.on("request", lambda request: found.asked.append(f"{request.method} {request.url}"))
    page.on("console", lambda message: found.complaints.append(message.text))
    bucket.answered.clear()
    bucket.is_down = False
    yield found
    context.close()


def start(place: Place) -> Page:
    place.page.goto(f"{place.url}/report?service=graffiti")
    place.page.locator("#description").fill("Paint")
    # A place of its own: nobody is to be asked whether it is the report of the test before.
    place.page.locator("#address").fill(f"Bridge{next(NUMBERS)} Lane")
    place.page.locator("#contact-anonymous").check()
    return place.page


def send(place: Place) -> Any:
    """Send the form; the ticket that it opened."""
    place.page.locator("main form button[type=submit]").last.click()
    reference = place.page.locator(".reference").inner_text()
    return place.town.services.store.get(reference)


def kept(town: Harness, digest: str) -> bytes:
    found: bytes = (
        client("s3")
        .get_object(Bucket=town.services.settings.files_bucket, Key=f"files/{digest}")["Body"]
        .read()
    )
    return found


def picture(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def test_a_photo_goes_to_the_bucket_and_its_place_only_where_it_is_wanted(
    place: Place, tmp_path: Path
) -> None:
    page, content = start(place), jpeg()
    expect(page.locator("#photos-hint")).to_contain_text("at most 10 MB each")
    assert exif()[:40] in content
    page.locator("#photos").set_input_files(picture(tmp_path, "wall.jpg", content))
    expect(page.locator("#photos + [role=status]")).to_have_text("Sent already: wall.jpg")
    assert place.bucket.answered == [204]
    assert page.locator("#photos").evaluate("field => field.files.length") == 0
    page.locator("#photo_place").check()
    ticket = send(place)
    straight = uploads.address_of(place.town.services.settings.files_bucket)
    assert [each for each in place.asked if "amazonaws" in each] == [f"POST {straight}"]
    [photo] = ticket.attachments
    assert photo.filename == "wall.jpg"
    stored = kept(place.town, photo.digest)
    assert b"PIXELS" in stored
    assert [part for part in (b"S123", b"Ana Ortiz", exif()[60:100]) if part in stored] == []
    assert (ticket.lat, ticket.long) == pytest.approx(SPRINGFIELD, abs=0.001)
    assert [text for text in place.complaints if "Security Policy" in text or "CORS" in text] == []


def test_a_photos_place_stays_out_when_nobody_asked_for_it(place: Place, tmp_path: Path) -> None:
    page = start(place)
    page.locator("#photos").set_input_files(picture(tmp_path, "wall.jpg", jpeg()))
    expect(page.locator("#photos + [role=status]")).to_contain_text("wall.jpg")
    ticket = send(place)
    assert (ticket.lat, len(ticket.attachments)) == (None, 1)


def test_what_is_too_large_or_no_photo_is_named_at_once_and_the_rest_goes(
    place: Place, tmp_path: Path
) -> None:
    page = start(place)
    files = [
        picture(tmp_path, "huge.jpg", jpeg(tail=b"\0" * 10_000_001)),
        picture(tmp_path, "notes.html", b"<p>words</p>"),
        picture(tmp_path, "large.jpg", jpeg(tail=b"\0" * 6_000_000)),
    ]
    page.locator("#photos").set_input_files(files)
    said = page.locator("#photos + [role=status]")
    expect(said).to_contain_text("huge.jpg: at most 10 MB each")
    expect(said).to_contain_text("notes.html: only pictures (JPEG")
    expect(said).to_contain_text("Sent already: large.jpg")
    assert place.bucket.answered == [204], "6 MB are more than a form may carry"
    ticket = send(place)
    assert [each.filename for each in ticket.attachments] == ["large.jpg"]


def test_a_form_that_is_sent_at_once_waits_for_its_photos(place: Place, tmp_path: Path) -> None:
    page = start(place)
    content = jpeg(tail=b"\0" * 5_000_000)
    page.locator("#photos").set_input_files(picture(tmp_path, "slow.jpg", content))
    ticket = send(place)
    assert [each.filename for each in ticket.attachments] == ["slow.jpg"]
    assert place.bucket.answered == [204]


def test_without_the_bucket_the_form_carries_them(place: Place, tmp_path: Path) -> None:
    place.bucket.is_down = True
    page = start(place)
    page.locator("#photos").set_input_files(picture(tmp_path, "wall.jpg", jpeg()))
    expect(page.locator("#photos + [role=status]")).to_have_text("")
    ticket = send(place)
    assert (place.bucket.answered, len(ticket.attachments)) == ([503], 1)


def test_what_the_signed_form_does_not_allow_is_refused_by_the_bucket(place: Place) -> None:
    page = start(place)
    answers = page.evaluate(
        """async () => {
          const form = document.querySelector("form[data-draft]");
          const said = { form_token: form.elements.form_token.value, type: "image/png", name: "a.png" };
          const wish = { method: "POST", body: new URLSearchParams(said) };
          const invited = await fetch("/report/uploads", wish);
          const { url, fields } = await invited.json();
          const post = async (changed, size) => {
            const body = new FormData();
            for (const [name, text] of Object.entries({ ...fields, ...changed })) body.append(name, text);
            body.append("file", new Blob([new Uint8Array(size)]), "a.png");
            return (await fetch(url, { method: "POST", body })).status;
          };
          return {
            other_type: await post({ "Content-Type": "text/html" }, 9),
            other_key: await post({ key: "files/stolen" }, 9),
            public: await post({ acl: "public-read" }, 9),
            unsigned: await post({ "x-amz-signature": "0".repeat(64) }, 9),
            too_large: await post({}, 10_000_001),
            empty: await post({}, 0),
            right: await post({}, 9),
          };
        }"""
    )
    assert answers.pop("right") == 204
    assert answers.pop("too_large") == answers.pop("empty") == 400
    assert set(answers.values()) == {403}, answers


def test_the_page_may_post_to_our_bucket_and_to_no_other(place: Place) -> None:
    page = start(place)
    for refused in (ELSEWHERE, "https://evil.example/"):
        answer = page.evaluate(
            "url => fetch(url, { method: 'POST', body: 'x' }).then(() => 'sent', () => 'stopped')",
            refused,
        )
        assert answer == "stopped"
    assert len([text for text in place.complaints if "Security Policy" in text]) >= 2
    assert place.bucket.answered == []
    page.goto(f"{place.url}/reports")
    ours = uploads.address_of(place.town.services.settings.files_bucket)
    stopped = "url => fetch(url, { method: 'POST', body: 'x' }).then(() => 'sent', () => 'stopped')"
    assert page.evaluate(stopped, ours) == "stopped", "only pages with a form may"
