"""Our things as the standard's records: ordered fields, its names, its types; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from chalicelib.channels.open311.moments import show_moment
from chalicelib.channels.questions import Question
from chalicelib.messages import EntryView, TicketView

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
MIME_TYPES = ("text/xml", "application/json")

Record = dict[str, Any]
Choose = Callable[[Mapping[str, str]], str]


class OfferedService(Protocol):
    """A service as the standard lists it."""

    @property
    def service_code(self) -> str: ...
    @property
    def service_name(self) -> Mapping[str, str]: ...
    @property
    def description(self) -> Mapping[str, str]: ...
    @property
    def group(self) -> Mapping[str, str]: ...
    @property
    def keywords(self) -> Mapping[str, Sequence[str]]: ...
    @property
    def attributes(self) -> Sequence[Question]: ...
    @property
    def type(self) -> str: ...
    @property
    def is_public(self) -> bool: ...


def service_type(service: OfferedService) -> str:
    """How the answer to a post will look; nobody can ask for a private ticket, so it has no id outside."""
    is_private = service.type == "realtime" and not service.is_public
    return "blackbox" if is_private else service.type


def service_record(service: OfferedService, choose: Choose, locale: str) -> Record:
    """One line of the list of services; `choose` takes the words in the caller's language."""
    keywords = service.keywords.get(locale) or service.keywords.get("en") or ()
    return {
        "service_code": service.service_code,
        "service_name": choose(service.service_name),
        "description": choose(service.description) or None,
        "metadata": bool(service.attributes),
        "type": service_type(service),
        "keywords": ",".join(word.replace(",", " ") for word in keywords) or None,
        "group": choose(service.group) or None,
    }


def definition_record(service: OfferedService, choose: Choose) -> Record:
    """A service's own questions."""
    ordered = sorted(service.attributes, key=lambda question: question.order)
    return {
        "service_code": service.service_code,
        "attributes": [_attribute(each, place, choose) for place, each in enumerate(ordered, 1)],
    }


def _attribute(question: Question, place: int, choose: Choose) -> Record:
    return {
        "variable": question.is_question,
        "code": question.code,
        "datatype": question.datatype,
        "required": question.is_required,
        "datatype_description": choose(question.datatype_description) or None,
        "order": place,
        "description": choose(question.description),
        "values": [{"key": value.key, "name": choose(value.name)} for value in question.values],
    }


# What these hold was chosen or counted, not written: no words of a person.
_WORDLESS = ("singlevaluelist", "multivaluelist", "number", "datetime")


def answer_records(
    service: OfferedService, answers: Mapping[str, Any], choose: Choose
) -> list[Record]:
    """The answers that everybody may read: those in which nobody wrote words of their own."""
    return [
        {
            "label": choose(question.description),
            "name": next((choose(v.name) for v in question.values if v.key == given), str(given)),
            "value": str(given),
            "code": question.code,
        }
        for question in sorted(service.attributes, key=lambda each: each.order)
        if question.datatype in _WORDLESS
        for given in _several(answers.get(question.code))
    ]


def _several(answer: Any) -> Sequence[Any]:
    if isinstance(answer, (list, tuple)):
        return answer
    return [] if answer in (None, "") else [answer]


def request_record(view: TicketView, answers: Sequence[Record] | None = None) -> Record:
    """One request, from what the public may see of a ticket; extended when `answers` are given."""
    record: Record = {
        "service_request_id": view.ticket_id,
        "status": "open" if view.is_open else "closed",
        "status_notes": view.status_notes or None,
        "service_name": view.service_name,
        "service_code": view.service_code,
        "description": view.description or None,
        "agency_responsible": view.agency_name or None,
        "service_notice": view.service_notice or None,
        "requested_datetime": show_moment(view.requested_at),
        "updated_datetime": show_moment(view.updated_at),
        "expected_datetime": show_moment(view.expected_at),
        "address": view.address or None,
        "address_id": None,
        "zipcode": None,
        "lat": view.lat,
        "long": view.long,
        "media_url": next(iter(view.media_urls), None),
    }
    if answers is not None:
        record["extended_attributes"] = {
            "channel": view.channel,
            "detailed_status": view.status,
            "photos": [{"media_url": url} for url in view.media_urls],
            "attributes": list(answers),
        }
        record["notes"] = [_note(entry) for entry in view.entries]
    return record


def _note(entry: EntryView) -> Record:
    return {
        "datetime": show_moment(entry.at),
        "description": entry.text or None,
        "type": "submitted" if entry.kind == "opened" else entry.data.get("to", entry.kind),
    }


def discovery_record(
    base_url: str,
    contact: str,
    key_service: str,
    changed_at: datetime,
    *,
    is_test: bool,
    test_url: str = "",
) -> Record:
    """Where which standard is spoken; `test_url` is another installation, for trying programs."""
    changed = show_moment(changed_at)
    own = _endpoint(f"{base_url}/open311/v2", changed, "test" if is_test else "production")
    return {
        "changeset": changed,
        "contact": contact,
        "key_service": key_service,
        "endpoints": [own, *([_endpoint(test_url, changed, "test")] if test_url else [])],
    }


def _endpoint(url: str, changed: str | None, kind: str) -> Record:
    return {
        "specification": SPECIFICATION,
        "url": url,
        "changeset": changed,
        "type": kind,
        "formats": list(MIME_TYPES),
    }
