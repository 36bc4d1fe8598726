"""What leaves through SES: one recipient, no injected header, our errors for SES's refusals."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from botocore import exceptions
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.channels.email import SesSender, compose
from chalicelib.errors import PermanentSendError, TransientSendError, UnknownSendError
from chalicelib.messages import Channel, OutboundMessage, Party

PLAIN = OutboundMessage(
    notification_id="n-1",
    channel=Channel.EMAIL,
    recipient=Party(name="Anna Reed", email="anna.reed@mail.example"),
    subject="We received your report SR-7K2M-9Q4X-A",
    text="Dear Anna,\n\nwe received your report.\n",
    html="<p>Dear Anna,</p><p>we received your report.</p>",
    reply_to="reply+abc@reply.city.example",
    in_reply_to=("0100aaaa-bbbb", "0100cccc-dddd"),
    tags={"ticket_id": "SR-7K2M-9Q4X-A", "jurisdiction_id": "city.example"},
)
EVIL = "x\r\nBcc: evil@x.example\nX: y\u2028Z: a\x00"


def composed(**changes: Any) -> EmailMessage:
    """The mail as a mail program reads it."""
    raw = compose(
        replace(PLAIN, **changes),
        sender_name="City of Mills",
        sender_address="desk@city.example",
        id_domain="eu-west-1.amazonses.com",
    )
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_program_reads_both_parts() -> None:
    mail = composed()
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().split() == PLAIN.text.split()
    assert html.get_content().strip() == PLAIN.html


def test_the_headers_say_who_what_and_that_a_machine_wrote_it() -> None:
    mail = composed()
    assert str(mail["From"]) == "City of Mills <desk@city.example>"
    assert str(mail["To"]) == "anna.reed@mail.example"
    assert mail["Reply-To"].addresses[0].addr_spec == "reply+abc@reply.city.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Subject"] == PLAIN.subject


def test_a_persons_reply_is_not_marked_as_automatic() -> None:
    mail = composed(is_automatic=False)
    assert mail["Auto-Submitted"] is None
    assert mail["X-Auto-Response-Suppress"] is None


def test_threads_hang_on_the_ids_that_ses_gave() -> None:
    mail = composed()
    assert mail["In-Reply-To"] == "<0100cccc-dddd@eu-west-1.amazonses.com>"
    assert mail["References"].split()[1] == "<0100aaaa-bbbb@eu-west-1.amazonses.com>"


@pytest.mark.parametrize(
    "language", ["La farola está apagada", "چراغ خاموش است", "路灯不亮", "💡" * 30]
)
def test_every_script_arrives_as_it_was_written(language: str) -> None:
    mail = composed(subject=language, text=language + "\n", html=f"<p>{language}</p>")
    assert mail["Subject"] == language
    text, html = mail.iter_parts()
    assert text.get_content().strip() == language
    assert html.get_content().strip() == f"<p>{language}</p>"


def test_a_long_subject_is_folded_and_comes_back() -> None:
    subject = "word " * 60
    assert " ".join(composed(subject=subject)["Subject"].split()) == subject.strip()


def test_no_line_is_longer_than_mail_allows() -> None:
    raw = compose(
        replace(PLAIN, text="a" * 5_000 + "é" + "b" * 5_000, html="<p>" + "c" * 9_000 + "</p>"),
        sender_name="City",
        sender_address="desk@city.example",
        id_domain="email.amazonses.com",
    )
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_nothing_can_become_another_header() -> None:
    mail = composed(
        subject=EVIL, recipient=Party(name=EVIL, email="a@b.example"), headers={"X-A": EVIL}
    )
    assert mail["Bcc"] is None and mail["X"] is None and mail["Z"] is None
    assert [address.addr_spec for address in mail["To"].addresses] == ["a@b.example"]


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=80))
def test_no_text_adds_a_header_or_a_recipient(subject: str, name: str) -> None:
    mail = composed(subject=subject, recipient=Party(name=name, email="a@b.example"))
    assert sorted(mail.keys()) == sorted(composed().keys())
    assert len(mail["To"].addresses) == 1


@pytest.mark.parametrize(
    "address", ["", "a@b,c@d", "a b@c", "a@b\r\nBcc: x@y", "a@b;c", "<a@b>", "a"]
)
def test_what_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not one mail address"):
        composed(recipient=Party(email=address))


@pytest.mark.parametrize("name", ["Bcc", "To", "Content-Type", "X\r\nBcc", "", "X Y", "X:"])
def test_a_header_that_is_not_ours_to_set_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="may not be set"):
        composed(headers={name: "x"})


class FakeSes:
    """Takes one request, or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.requests: list[dict[str, Any]] = []

    def send_email(self, **request: Any) -> dict[str, str]:
        self.requests.append(request)
        if self.error:
            raise self.error
        return {"MessageId": "0100eeee"}


def sender(ses: FakeSes) -> SesSender:
    """A sender over a fake SES in Ireland."""
    return SesSender(
        lambda: ses,
        sender_name="City of Mills",
        sender_address="desk@city.example",
        region="eu-west-1",
        configuration_set="civicline",
    )


def test_a_message_is_sent_once_to_one_recipient_with_its_tags() -> None:
    ses = FakeSes()
    assert sender(ses).send(PLAIN) == "0100eeee"
    (request,) = ses.requests
    assert request["Destination"] == {"ToAddresses": ["anna.reed@mail.example"]}
    assert request["ConfigurationSetName"] == "civicline"
    assert {tag["Name"]: tag["Value"] for tag in request["EmailTags"]} == {
        "notification_id": "n-1",
        "ticket_id": "SR-7K2M-9Q4X-A",
        "jurisdiction_id": "city.example",
    }


def _refused(code: str, status: int = 400) -> exceptions.ClientError:
    return exceptions.ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}},
        "SendEmail",
    )


TRANSIENT = (
    "TooManyRequestsException",
    "Throttling",
    "SendingPausedException",
    "LimitExceededException",
)
PERMANENT = ("MessageRejected", "BadRequestException", "InvalidParameterValue", "NotFoundException")


@pytest.mark.parametrize(
    ("error", "family"),
    [
        *((_refused(code), TransientSendError) for code in TRANSIENT),
        *((_refused(code), PermanentSendError) for code in PERMANENT),
        (_refused("ServiceUnavailable", 503), TransientSendError),
        (_refused("InternalFailure", 500), UnknownSendError),
        (exceptions.ReadTimeoutError(endpoint_url="x"), UnknownSendError),
        (exceptions.ConnectionClosedError(endpoint_url="x"), UnknownSendError),
        (exceptions.ConnectTimeoutError(endpoint_url="x"), TransientSendError),
        (exceptions.EndpointConnectionError(endpoint_url="x"), TransientSendError),
    ],
)
def test_every_refusal_has_its_family(error: Exception, family: type[Exception]) -> None:
    with pytest.raises(family) as caught:
        sender(FakeSes(error)).send(PLAIN)
    assert caught.value.__cause__ is error


def test_a_bad_recipient_never_reaches_ses() -> None:
    ses = FakeSes()
    with pytest.raises(PermanentSendError):
        sender(ses).send(replace(PLAIN, recipient=Party(email="a@b,c@d")))
    assert ses.requests == []
