"""django-helpdesk in a process of its own, in an environment that has it (`bench.beside`).

Each line of standard input is a JSON list, `[kind, [item, ...]]`; the answer is a line with
`[milliseconds, of which SQLite]` for each item. Thread time, from the arrival to the sent
acknowledgement. SQLite is in memory, what is sent stays in memory, nothing is logged, and all else is
as django-helpdesk comes: the least that it can cost.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings
from django.urls import include, path

SETTINGS: dict[str, Any] = {
    "SECRET_KEY": "bench",
    "ALLOWED_HOSTS": ["*"],
    "ROOT_URLCONF": __name__,
    "SITE_ID": 1,
    "USE_TZ": True,
    "STATIC_URL": "/static/",
    "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
    "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "INSTALLED_APPS": [
        *(f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "sites")),
        *(f"django.contrib.{name}" for name in ("messages", "staticfiles", "humanize", "admin")),
        *("rest_framework", "helpdesk"),
    ],
    "MIDDLEWARE": [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    # Without the optional teams.
    "HELPDESK_TEAMS_MODE_ENABLED": False,
    "HELPDESK_TEAMS_MODEL": "auth.User",
    "HELPDESK_TEAMS_MIGRATION_DEPENDENCIES": [],
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
}
urlpatterns: list[Any] = []


class Database:
    """What the statements of an item cost SQLite, Django's handing them over included."""

    seconds = 0.0

    def __call__(self, execute: Callable[..., Any], *said: Any) -> Any:
        started = time.thread_time()
        try:
            return execute(*said)
        finally:
            self.seconds += time.thread_time() - started


def main() -> None:
    settings.configure(**SETTINGS)
    django.setup()
    urlpatterns.append(path("", include("helpdesk.urls", namespace="helpdesk")))
    logging.disable(logging.CRITICAL)
    from django.core import mail
    from django.db import connection

    kinds, database = _kinds(), Database()
    for line in sys.stdin:
        kind, items = json.loads(line)
        mail.outbox = []
        with connection.execute_wrapper(database):
            spent = [_cost(kinds[kind], item, database) for item in items]
        if len(mail.outbox) != len(items):
            raise RuntimeError(f"{len(items)} items, {len(mail.outbox)} acknowledgements")
        print(json.dumps(spent), flush=True)


def _kinds() -> dict[str, Callable[[Any], Any]]:
    from django.core.management import call_command
    from django.test import Client
    from helpdesk.email import extract_email_metadata
    from helpdesk.models import Queue

    call_command("migrate", verbosity=0)
    queue = Queue.objects.create(
        title="Streets",
        slug="streets",
        allow_public_submission=True,
        email_address="desk@city.example",
    )
    client, logger = Client(), logging.getLogger("helpdesk")

    def form(body: str) -> None:
        told = client.post(
            f"/tickets/submit/?queue={queue.id}",
            body,
            content_type="application/x-www-form-urlencoded",
        )
        if told.status_code != 302:
            raise RuntimeError(f"The form was refused: {told.status_code}")

    return {"email": lambda raw: extract_email_metadata(raw, queue, logger), "form": form}


def _cost(act: Callable[[Any], Any], item: Any, database: Database) -> tuple[float, float]:
    before, started = database.seconds, time.thread_time()
    act(item)
    return (time.thread_time() - started) * 1000, (database.seconds - before) * 1000


if __name__ == "__main__":
    main()
