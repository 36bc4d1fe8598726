"""Notices that administrators wrote, rendered like the shipped ones; knows no store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.errors import InvalidRequest
from chalicelib.messages import Channel
from chalicelib.templates.checked import problems
from chalicelib.templates.locales import invites_reply, notice_names, usable_locale, words
from chalicelib.templates.placeholders import complete, empty_context
from chalicelib.templates.rendering import Rendered, notice_environment, tidy_mail, tidy_sms

if TYPE_CHECKING:
    from jinja2 import Template

# Imported where used: jinja2 takes 40 ms, and most events render nothing.

_PARAGRAPHS = re.compile(r"\n\s*\n")
# A line alone that does not end as a sentence or a greeting does.
_HEADING = re.compile(r"(?!\s*<(?:table|blockquote))[^\n]{1,200}(?<![.,:;!。，：！،؛])")
_BLOCK = re.compile(r"\s*<(?:table|blockquote)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenNotice:
    """The words of one notice in one language, in the checked part of the template language.

    `body` is plain text with empty lines between paragraphs; both parts of a mail come from it.
    """

    locale: str
    subject: str
    body: str
    sms: str
    is_for_staff: bool = False
    own_names: tuple[str, ...] = ()

    def checked(self) -> WrittenNotice:
        """Itself. Raises `InvalidRequest` naming each wrong part with its lines."""
        parts = {"subject": self.subject, "body": self.body, "sms": self.sms}
        found = {name: problems(source, self.own_names) for name, source in parts.items()}
        fields = {
            name: " ".join(f"Line {each.line}: {each.message}" for each in wrong)
            for name, wrong in found.items()
            if wrong
        }
        fields |= {name: "Write something here." for name in parts if not parts[name].strip()}
        if fields:
            raise InvalidRequest(f"The notice cannot be saved: see {', '.join(fields)}.", fields)
        return self


def render_written(
    notice: str, written: WrittenNotice, channel: Channel, context: Mapping[str, Any]
) -> Rendered:
    """`written` as it leaves on `channel`; the same contract as `render`."""
    values = _values(notice, written, context)
    locale = usable_locale(written.locale)
    about = {
        "locale": locale,
        "asked_locale": written.locale,
        "direction": words(locale)["direction"],
    }
    if channel is Channel.SMS:
        return Rendered(
            text=tidy_sms(_said(written.sms, locale, values, written.own_names)), **about
        )
    subject = " ".join(_said(written.subject, locale, values, written.own_names).split())
    return Rendered(
        subject=subject,
        text=_text(written, locale, values),
        html=_html(written, locale, values | {"subject": subject}),
        **about,
    )


def _values(notice: str, written: WrittenNotice, context: Mapping[str, Any]) -> dict[str, Any]:
    """Every name with its value. Raises `InvalidRequest` naming those that would leave a gap."""
    if notice in notice_names():
        return {**complete(notice, context), "invites_reply": invites_reply(notice)}
    if lacking := [name for name in written.own_names if context.get(name) in (None, "")]:
        raise InvalidRequest(
            f"The template {notice!r} lacks {', '.join(lacking)}; give a value for each.",
            dict.fromkeys(lacking, "A value is required."),
        )
    return {**empty_context(), **context, "invites_reply": False}


def _text(written: WrittenNotice, locale: str, values: dict[str, Any]) -> str:
    main = _said(written.body, locale, values, written.own_names)
    return tidy_mail(_layout(written, "txt", locale).render(values | {"main": main}))


def _html(written: WrittenNotice, locale: str, values: dict[str, Any]) -> str:
    from markupsafe import Markup

    said = _compiled(written.body, locale, written.own_names, is_html=True).render(values)
    paragraphs = [part.strip() for part in _PARAGRAPHS.split(said) if part.strip()]
    main = "\n".join(map(_paragraph, paragraphs))
    if len(paragraphs) > 1 and _HEADING.fullmatch(paragraphs[0]):
        main = main.replace(_paragraph(paragraphs[0]), f"<h1>{paragraphs[0]}</h1>", 1)
    # Text was escaped when it was compiled and values when they were put in.
    safe = Markup(main)  # noqa: S704
    return _layout(written, "html", locale).render(values | {"main": safe})


def _paragraph(part: str) -> str:
    return part if _BLOCK.match(part) else f"<p>{part.replace(chr(10), '<br>')}</p>"


def _layout(written: WrittenNotice, kind: str, locale: str) -> Template:
    name = "_written_staff" if written.is_for_staff else "_written"
    return notice_environment(locale).get_template(f"{name}.{kind}")


def _said(source: str, locale: str, values: dict[str, Any], own_names: tuple[str, ...]) -> str:
    return _compiled(source, locale, own_names, is_html=False).render(values)


@lru_cache(maxsize=256)
def _compiled(source: str, locale: str, own_names: tuple[str, ...], *, is_html: bool) -> Template:
    from jinja2 import Template, nodes
    from markupsafe import escape

    if wrong := problems(source, own_names):
        raise InvalidRequest(f"Line {wrong[0].line}: {wrong[0].message}")
    environment = notice_environment(locale).overlay(autoescape=is_html)
    tree = environment.parse(source)
    for text in tree.find_all(nodes.TemplateData) if is_html else ():
        text.data = str(escape(text.data))
    return Template.from_code(environment, environment.compile(tree), environment.globals)
