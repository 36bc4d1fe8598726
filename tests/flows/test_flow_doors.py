"""9. Doors shut: routes, tokens, headers, forged forms."""

from __future__ import annotations

import re
from email.utils import formataddr

import pytest

from chalicelib.handlers.http.doors import PUBLIC_ROUTES
from tests.citizens import ANA, reported_by_mail, submit_report, to, tracking_path
from tests.harness import Harness

SIZE = {"attribute[size]": "plate"}


def _routes(town: Harness) -> list[tuple[str, str]]:
    from app import app

    return [(path, method) for path, methods in app.routes.items() for method in methods]


def test_every_route_is_listed_as_public_or_refuses(town: Harness) -> None:
    for path, method in _routes(town):
        if path in PUBLIC_ROUTES or method == "OPTIONS":
            continue
        filled = re.sub(r"\{\w+\}", "x", path)
        answer = town.http(method, filled, headers={"Accept": "application/json"})
        is_sent_to_sign_in = answer.status == 303 and "sign-in" in answer.headers["Location"]
        assert answer.status in (401, 403) or is_sent_to_sign_in, (method, path, answer.status)


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJ1c2VybmFtZSI6ImFnZW50In0."]
)
def test_a_token_that_is_not_the_pools_opens_nothing(town: Harness, token: str) -> None:
    answer = town.http("GET", "/api/v1/tickets", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 401


def test_an_edited_token_opens_nothing(town: Harness) -> None:
    head, body, signature = town.token("auditor").split(".")
    for edited in (f"{head}.{body}x.{signature}", f"{head}.{body}.{signature[:-4]}AAAA"):
        answer = town.http("GET", "/api/v1/me", headers={"Authorization": f"Bearer {edited}"})
        assert answer.status == 401


PAGES = ("/", "/report", "/report?service=pothole", "/track", "/console/sign-in", "/nothing-here")


@pytest.mark.parametrize("path", PAGES)
def test_security_headers_are_on_every_page(town: Harness, path: str) -> None:
    answer = town.http("GET", path, headers={"Accept": "text/html"})
    for name in ("X-Content-Type-Options", "Referrer-Policy", "Strict-Transport-Security"):
        assert answer.headers.get(name), (path, name)
    policy = answer.headers.get("Content-Security-Policy", "")
    framed = "frame-ancestors" in policy or answer.headers.get("X-Frame-Options")
    assert framed
    assert "unsafe-inline" not in policy


def test_a_page_with_somebodys_words_is_not_kept_by_anybody(town: Harness) -> None:
    reported_by_mail(town)
    page = town.http("GET", tracking_path(to(town, ANA)[0].text))
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_a_form_of_another_site_is_refused(town: Harness) -> None:
    page = submit_report(town, form_token="made-up", **SIZE)
    assert page.status == 403
    assert town.dump()["tickets"] == []


def test_markup_in_a_mail_stays_words(town: Harness) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    ticket = reported_by_mail(town, text=evil, subject=evil, sender=formataddr((evil, ANA)))
    for path in (f"/console/tickets/{ticket['ticket_id']}", "/console"):
        page = town.http("GET", path, user="agent")
        assert page.status == 200
        assert "<script>alert" not in page.text and "<img src=x" not in page.text
    assert "<script>alert" not in to(town, ANA)[0].html


def test_a_template_expression_of_a_citizen_appears_literally(town: Harness) -> None:
    ticket = reported_by_mail(town, text="{{ 7*7 }} {% for x in y %}", subject="{{ 7*7 }}")
    assert ticket["description"] == "{{ 7*7 }} {% for x in y %}"
    assert "49" not in to(town, ANA)[0].text.replace(ticket["ticket_id"], "")
