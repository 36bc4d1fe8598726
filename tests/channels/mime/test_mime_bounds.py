"""What lies behind a bound of the mail reader is marked, and proves nothing: on both sides of each."""

from __future__ import annotations

import struct

import pytest

from chalicelib.channels import bounds
from chalicelib.channels.mime.dsn import sign_notification
from chalicelib.channels.mime.files.tnef import SIGNATURE
from chalicelib.channels.reply_address import make_reply_address
from chalicelib.messages import Audience, InboundMessage, Nature, Proof
from tests.channels.mails import DOMAIN, SIGNER, read, simple

AROUND = (-1, 0, 1)
ANNA = "anna.reed@mail.example"
EVIL = "From: evil@mail.example"


def _is_nobodys(message: InboundMessage) -> bool:
    is_marked = "sender" in message.cut
    assert (message.sender.key == "" and message.proof is Proof.UNPROVEN) is is_marked
    return is_marked


def _names(many: int) -> str:
    """So many names of headers that with From and Subject there are `many`."""
    return "\n".join(f"X-{number}: a" for number in range(many - 2))


@pytest.mark.parametrize("beyond", AROUND)
def test_of_too_many_names_nobody_is_the_author(beyond: int) -> None:
    message = read(simple(_names(bounds.HEADER_NAMES + beyond)))
    assert _is_nobodys(message) is (beyond > 0)


@pytest.mark.parametrize("beyond", AROUND)
def test_a_robot_behind_many_headers_is_answered_by_nobody(beyond: int) -> None:
    hidden = _names(bounds.HEADER_NAMES + beyond - 1) + "\nAuto-Submitted: auto-replied"
    message = read(simple(hidden))
    assert _is_nobodys(message) or message.nature is Nature.AUTOMATIC
    assert _is_nobodys(message) is (beyond > 0)


@pytest.mark.parametrize("beyond", AROUND)
def test_a_from_longer_than_is_read_is_nobodys(beyond: int) -> None:
    value = f"{ANNA},".ljust(bounds.HEADER_LETTERS + beyond, ",")
    assert _is_nobodys(read(f"From: {value}\r\nSubject: x\r\n\r\nlamp".encode())) is (beyond > 0)


@pytest.mark.parametrize("beyond", AROUND)
def test_a_from_folded_past_the_bound_is_nobodys(beyond: int) -> None:
    value = f"{ANNA},{', ' * 2_000}".ljust(bounds.HEADER_LETTERS + beyond, ",")
    folded = value.replace(" ", "\r\n ")
    message = read(f"From: {folded}\r\nSubject: x\r\n\r\nlamp".encode())
    assert _is_nobodys(message) is (beyond > 0)


@pytest.mark.parametrize("second", [EVIL, f"From: {ANNA}", "From: ", "From: not an address"])
def test_a_from_that_stands_twice_is_nobodys(second: str) -> None:
    message = read(simple(second))
    assert (message.sender.key, message.proof) == ("", Proof.UNPROVEN)


@pytest.mark.parametrize("beyond", AROUND)
def test_values_without_end_under_one_name_are_marked(beyond: int) -> None:
    many = "\n".join(["Received: from a"] * (bounds.HEADER_VALUES + beyond))
    message = read(simple(many))
    assert message.cut == (("headers",) if beyond > 0 else ())
    assert message.sender.email == ANNA


@pytest.mark.parametrize("beyond", AROUND)
def test_a_robots_mark_behind_many_of_its_name_makes_the_mail_nobodys(beyond: int) -> None:
    many = "\n".join(["Auto-Submitted: no"] * (bounds.HEADER_VALUES + beyond - 1))
    message = read(simple(f"{many}\nAuto-Submitted: auto-replied"))
    assert _is_nobodys(message) is (beyond > 0)
    assert message.nature is (Nature.HUMAN if beyond > 0 else Nature.AUTOMATIC)


@pytest.mark.parametrize("beyond", AROUND)
def test_a_robots_mark_that_was_cut_makes_the_mail_nobodys(beyond: int) -> None:
    said = "no" + " " * (bounds.HEADER_LETTERS + beyond - 3) + "t"
    message = read(simple(f"Auto-Submitted: {said}"))
    assert _is_nobodys(message) is (beyond > 0)


@pytest.mark.parametrize(
    "second",
    ["Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes", "Return-Path: <>"],
)
def test_a_machine_that_admits_itself_once_is_a_machine(second: str) -> None:
    name = second.partition(":")[0]
    assert read(simple(f"{name}: no\n{second}")).nature is Nature.AUTOMATIC


@pytest.mark.parametrize("beyond", AROUND)
def test_a_head_of_more_bytes_than_is_read_is_nobodys(beyond: int) -> None:
    lines = f"From: {ANNA}\nSubject: x\nMessage-ID: <1@mail.example>\n"
    line = f"X-A: {'a' * 15_000}\n"
    head = lines + line * (bounds.HEAD_BYTES // len(line))
    head += "X-B: " + "b" * (bounds.HEAD_BYTES + beyond - len(head) - len("X-B: \n\n"))
    message = read(f"{head}\n\nAuto-Submitted: auto-replied\n\nlamp".encode())
    assert _is_nobodys(message) is (beyond > 0)


@pytest.mark.parametrize("beyond", AROUND)
def test_a_reply_address_behind_many_recipients_gives_no_right(beyond: int) -> None:
    ours = make_reply_address(
        SIGNER, "city.example", "SR-7K2M-9Q4X-3", Audience.REQUESTER, f"email:{ANNA}", DOMAIN
    )
    others = [f"a{number}@mail.example" for number in range(bounds.RECIPIENTS + beyond - 2)]
    message = read(simple(f"To: {', '.join([*others, ours])}"))
    assert (message.token is None, message.cut) == (
        (True, ("recipients",)) if beyond > 0 else (False, ())
    )


@pytest.mark.parametrize("beyond", AROUND)
def test_a_thread_longer_than_is_read_is_marked(beyond: int) -> None:
    ids = [f"<{number}@a>" for number in range(bounds.MESSAGE_IDS + beyond)]
    message = read(simple(f"References: {' '.join(ids)}"))
    assert len(message.answers) == min(len(ids), bounds.MESSAGE_IDS)
    assert message.answers[-1] == f"{len(ids) - 1}@a"
    assert message.cut == (("thread",) if beyond > 0 else ())


@pytest.mark.parametrize("beyond", AROUND)
def test_a_subject_and_a_name_that_were_cut_show_it(beyond: int) -> None:
    subject, name = "s" * (bounds.SUBJECT + beyond), "n" * (bounds.SENDER_NAME + beyond)
    message = read(f"From: {name} <{ANNA}>\r\nSubject: {subject}\r\n\r\nlamp".encode())
    assert (message.subject == subject, message.sender.name == name) == (beyond <= 0,) * 2
    assert (message.subject[-1] == "…", message.sender.name[-1] == "…") == (beyond > 0,) * 2
    assert len(message.subject) <= bounds.SUBJECT
    assert len(message.sender.name) <= bounds.SENDER_NAME


def _multipart(*parts: str) -> bytes:
    body = "".join(f"\r\n--b\r\n{part}\r\n" for part in parts)
    return simple("Content-Type: multipart/mixed; boundary=b", f"{body}--b--")


@pytest.mark.parametrize("beyond", AROUND)
def test_parts_beyond_the_bound_are_marked(beyond: int) -> None:
    parts = ["\r\nlamp"] * (bounds.PARTS + beyond - 1)
    message = read(_multipart(*parts))
    assert (message.nature is Nature.UNREADABLE) is (beyond > 0)
    assert message.cut == (("parts",) if beyond > 0 else ())


@pytest.mark.parametrize("beyond", AROUND)
def test_parts_nested_beyond_the_bound_are_marked(beyond: int) -> None:
    depth = bounds.DEPTH + beyond
    head = [f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth)]
    message = read(f"From: {ANNA}\r\n{''.join(head)}\r\nlamp".encode())
    assert message.cut == (("parts",) if beyond > 0 else ())


@pytest.mark.parametrize("beyond", AROUND)
def test_a_part_hidden_behind_lines_like_a_boundary_is_marked(beyond: int) -> None:
    decoys = "--bx\r\n" * (bounds.BOUNDARIES + beyond - 2)
    raw = simple(
        "Content-Type: multipart/mixed; boundary=b", f"--b\r\n\r\nlamp\r\n{decoys}--b\r\n\r\nbench"
    )
    message = read(raw)
    assert ("parts" in message.cut) is (beyond > 0)


@pytest.mark.parametrize("beyond", AROUND)
def test_words_beyond_the_bound_are_marked(beyond: int) -> None:
    body = ("lamp " * (bounds.TEXT // 5))[:-2] + "." * (beyond + 2)
    message = read(b"From: " + ANNA.encode() + b"\n\n" + body.encode())
    assert message.cut == (("text",) if beyond > 0 else ())


@pytest.mark.parametrize("beyond", AROUND)
def test_lines_beyond_the_bound_are_marked_and_kept_in_the_whole(beyond: int) -> None:
    lines = "a\n" * (bounds.LINES + beyond - 1) + "bench"
    message = read(f"From: {ANNA}\n\n{lines}".encode())
    assert message.cut == (("text",) if beyond > 0 else ())
    assert message.text.endswith("bench"), "for nothing quoted began before"
    assert message.full_text.endswith("bench")


def test_lines_behind_the_bound_are_not_taken_for_new_where_a_quotation_began() -> None:
    quoted = "> a\n" * bounds.LINES
    message = read(f"From: {ANNA}\n\nYes.\n\nOn Monday Anna wrote:\n{quoted}> old".encode())
    assert message.text == "Yes."


def test_words_behind_many_tags_are_seen_without_their_layout() -> None:
    html = "<b>" * bounds.HTML_TOKENS + "bench &amp; <i>lamp</i><br>"
    message = read(f"From: {ANNA}\nContent-Type: text/html\n\n{html}".encode())
    assert message.text == "bench & lamp"


@pytest.mark.parametrize("beyond", AROUND)
def test_markup_beyond_the_bound_is_marked(beyond: int) -> None:
    html = "<b>" * (bounds.HTML_TOKENS + beyond - 1) + "lamp"
    message = read(f"From: {ANNA}\nContent-Type: text/html\n\n{html}".encode())
    assert message.text == "lamp"
    assert message.cut == (("text",) if beyond > 0 else ())


@pytest.mark.parametrize("beyond", AROUND)
def test_lines_of_markup_beyond_the_bound_are_marked(beyond: int) -> None:
    html = "a<br>" * (bounds.LINES + beyond)
    message = read(f"From: {ANNA}\nContent-Type: text/html\n\n{html}".encode())
    assert message.cut == (("text",) if beyond > 0 else ())


def _file(number: int) -> str:
    head = f"Content-Type: application/pdf; name=f{number}.pdf\r\nContent-Disposition: attachment"
    return f"{head}\r\n\r\n%PDF-1.7 {number}"


@pytest.mark.parametrize("beyond", [*AROUND, 10])
def test_files_for_which_there_is_no_room_are_named(beyond: int) -> None:
    message = read(_multipart(*map(_file, range(bounds.FILES + beyond))))
    kept = min(bounds.FILES + beyond, bounds.FILES)
    assert [file.filename for file in message.attachments] == [f"f{n}.pdf" for n in range(kept)]
    beyond_it = range(bounds.FILES, bounds.FILES + beyond)
    assert message.left_out == tuple(f"f{number}.pdf" for number in beyond_it)


@pytest.mark.parametrize("beyond", AROUND)
def test_a_winmail_that_was_not_opened_whole_is_kept_itself(beyond: int) -> None:
    def packed(name: int, value: bytes) -> bytes:
        return b"\x02" + struct.pack("<HHI", name, 0, len(value)) + value + b"\0\0"

    file = packed(0x9002, b"x") + packed(0x800F, b"%PDF-1.7")
    filling = packed(0x0001, b"") * (bounds.TNEF_OBJECTS + beyond - 2)
    winmail = SIGNATURE + b"\0\0" + file + filling
    head = simple("Content-Type: application/ms-tnef; name=winmail.dat", "").rstrip()
    names = [file.content_type for file in read(head + b"\r\n\r\n" + winmail).attachments]
    assert names == ["application/pdf", *["application/ms-tnef"] * (beyond > 0)]


def _bounce(recipients: int, filling: str = "") -> bytes:
    ours = sign_notification(SIGNER, "city.example", "SR-7K2M-9Q4X-3", "n-1")
    one = "Final-Recipient: rfc822; a@mail.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\n"
    return (
        "From: mailer-daemon@mx.example\r\nSubject: Undelivered\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example{filling}\r\n\r\n{one * recipients}\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nX-Civicline-Notification: {ours}\r\n--b--"
    ).encode()


@pytest.mark.parametrize("beyond", AROUND)
def test_a_report_of_more_recipients_than_are_read_settles_nothing(beyond: int) -> None:
    message = read(_bounce(bounds.REPORT_BLOCKS - 1 + beyond))
    assert message.nature is Nature.BOUNCE
    assert (message.report is None) is (beyond > 0)


@pytest.mark.parametrize("beyond", AROUND)
def test_a_report_longer_than_is_read_settles_nothing(beyond: int) -> None:
    bare = _bounce(1)
    status = bare.partition(b"delivery-status\r\n\r\n")[2].partition(b"\r\n--b")[0]
    line = "\r\nX-A: " + "a" * 10_000
    many, rest = divmod(bounds.REPORT_BYTES + beyond - len(status), len(line))
    filling = line * (many - 1) + "\r\nX-A: " + "a" * (len(line) + rest - len("\r\nX-A: "))
    assert (read(_bounce(1, filling)).report is None) is (beyond > 0)


def test_who_wrote_a_forwarded_mail_is_not_believed_when_it_stands_twice() -> None:
    inner = "From: a@mail.example\r\nFrom: b@mail.example\r\nSubject: x\r\n\r\nwords"
    raw = simple("Content-Type: message/rfc822", inner).replace(
        b"Subject: lamp", b"Subject: Fwd: x"
    )
    assert read(raw).forwarded_from is None


@pytest.mark.parametrize("beyond", AROUND)
def test_a_forwarded_mail_longer_than_is_read_is_marked(beyond: int) -> None:
    inner = "From: a@mail.example\r\nSubject: x\r\n\r\n"
    filling = "lamp " * 199_000
    inner += filling + "." * (bounds.INNER_MAIL_BYTES + beyond - len(inner) - len(filling))
    raw = simple("Content-Type: message/rfc822", "").rstrip() + b"\r\n\r\n" + inner.encode()
    message = read(raw.replace(b"Subject: lamp", b"Subject: Fwd: x"))
    assert message.cut == (("text",) if beyond > 0 else ())


def test_two_mails_that_differ_behind_a_bound_are_two() -> None:
    long = "To: " + "a" * bounds.HEADER_LETTERS
    assert read(simple(long + "b")).content_digest != read(simple(long + "c")).content_digest
