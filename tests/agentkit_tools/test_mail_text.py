"""E-mail as text: headers, words, attachments; malformed mail is read as far as it goes."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit_tools import mail_forms, mail_parsing
from agentkit_tools.mail_text import read_mail
from agentkit_tools.unreadable import NotReadable


def message(text: str = "Tea is hot.", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    for name, value in {
        "From": "Anna <anna@example.com>",
        "To": "ben@example.com",
        "Subject": "Tea",
        **headers,
    }.items():
        mail[name] = value
    mail.set_content(text)
    return mail


def test_headers_that_matter_stand_above_the_text() -> None:
    mail = read_mail(message(Date="Mon, 01 Jan 2001 00:01:00 +0000", **{"X-Spam": "no"}).as_bytes())
    assert mail.text == (
        "From: Anna <anna@example.com>\nTo: ben@example.com\nDate: Mon, 01 Jan 2001 00:01:00 +0000\nSubject: Tea\n\n"
        "Tea is hot.\n"
    )
    assert mail.title == "Tea (Anna)"
    assert mail.attachments == ()


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_the_text_is_decoded(encoding: str) -> None:
    mail = message()
    mail.set_content("Grüezi, der Tee ist heiß. " * 5, charset="utf-8", cte=encoding)
    assert "Grüezi, der Tee ist heiß." in read_mail(mail.as_bytes()).text


@pytest.mark.parametrize("declared", ["utf-8", "us-ascii", "no-such-charset", "iso-8859-1"])
def test_a_charset_that_is_declared_wrongly_costs_no_text(declared: str) -> None:
    head = f"From: a@b.c\nContent-Type: text/plain; charset={declared}\nContent-Transfer-Encoding: 8bit\n\n"
    assert "caf\u00e9" in read_mail(head.encode() + "caf\u00e9".encode("latin-1")).text


def test_a_subject_in_encoded_words_is_read() -> None:
    assert read_mail(message(Subject="Grüße aus Zürich").as_bytes()).title == "Grüße aus Zürich (Anna)"


def test_plain_text_goes_before_html_and_html_before_nothing() -> None:
    both = message()
    both.add_alternative("<p>Tea is <b>hot</b>, in HTML.</p>", subtype="html")
    assert "in HTML" not in read_mail(both.as_bytes()).text
    only = message()
    only.set_content("<h1>News</h1><p>Tea is <b>hot</b>.</p>", subtype="html")
    assert "# News\n\nTea is hot." in read_mail(only.as_bytes()).text


def test_attachments_are_listed_and_kept() -> None:
    mail = message()
    mail.add_attachment(b"x" * 2500, maintype="application", subtype="pdf", filename="../../list.pdf")
    mail.add_attachment("a,b\n", subtype="csv", filename="prices.csv")
    found = read_mail(mail.as_bytes())
    assert found.text.endswith("Attachments:\n- list.pdf (application/pdf, 2 kB)\n- prices.csv (text/csv, 4 bytes)\n")
    assert found.attachments[0].data == b"x" * 2500


def test_a_forwarded_message_stands_in_the_text() -> None:
    mail = message("See below.")
    mail.add_attachment(message("Coffee is hotter.", Subject="Coffee"))
    assert "Forwarded message:\n\nFrom: Anna" in read_mail(mail.as_bytes()).text
    assert "Coffee is hotter." in read_mail(mail.as_bytes()).text


HEAD = b"From: a@b.c\nSubject: Order\n"


def part(kind: str, text: str, *headers: str) -> bytes:
    return "\n".join([f"Content-Type: {kind}", *headers, "", text]).encode()


def multi(kind: str, *parts: bytes, boundary: str = "A") -> bytes:
    mark = boundary.encode()
    pieces = b"".join(b"--%b\n%b\n" % (mark, each) for each in parts)
    return b"Content-Type: multipart/%b; boundary=%b\n\n%b--%b--\n" % (kind.encode(), mark, pieces, mark)


def read(data: bytes) -> tuple[str, list[str]]:
    """The text below the headers without the list of attachments, and the names of these."""
    mail = read_mail(HEAD + data)
    text = mail.text.removeprefix("From: a@b.c\nSubject: Order\n").partition("Attachments:\n")[0]
    return text.strip(), [each.name for each in mail.attachments]


PLAIN, HTML = part("text/plain", "See the bill."), part("text/html", "<p>See the bill.</p>")
BILL = ["bill.pdf"]
PDF = part("application/pdf; name=bill.pdf", "%PDF", "Content-Disposition: inline")
ICS = part("text/calendar; method=REQUEST", "BEGIN:VCALENDAR")


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (multi("alternative", PLAIN, multi("mixed", HTML, PDF, HTML, boundary="B")), BILL),
        (
            multi("alternative", PLAIN, multi("related", HTML, multi("mixed", PDF, boundary="C"), boundary="B")),
            BILL,
        ),
        (multi("alternative", PLAIN, HTML, PDF), BILL),
        (multi("alternative", PLAIN, HTML, ICS), ["attachment-1.ics"]),
        (multi("alternative", PLAIN, part("text/x-amp-html", "<p>See the bill")), []),
        (
            multi("alternative", PLAIN, part("text/html", "<p>", "Content-Disposition: attachment; filename=x.html")),
            ["x.html"],
        ),
        (multi("mixed", PLAIN, part("text/plain; name=notes.txt", "Notes")), ["notes.txt"]),
        (multi("mixed", PLAIN, ICS), ["attachment-1.ics"]),
        (multi("mixed", PLAIN) + multi("mixed", PDF).partition(b"\n\n")[2], BILL),
    ],
)
def test_what_is_attached_anywhere_is_listed(data: bytes, names: list[str]) -> None:
    assert read(data) == ("See the bill.", names)


@pytest.mark.parametrize(
    "headers",
    [
        ("text/plain; name=message.txt",),
        ("text/plain", "Content-Disposition: inline; filename=body.txt"),
        ("text/plain", "Content-Disposition: attachment; filename=body.txt"),
        ("text/markdown",),
        ("text/enriched",),
        ("text/x-patch",),
        ("text/calendar; method=REQUEST",),
        ("text/html; name=mail.html",),
        ("application/xhtml+xml",),
        ("text/x-unheard-of",),
    ],
)
def test_the_only_text_of_a_mail_is_its_text(headers: tuple[str, ...]) -> None:
    assert read(part(headers[0], "We want tea.", *headers[1:])) == ("We want tea.", [])
    assert read(multi("mixed", part(headers[0], "We want tea.", *headers[1:]))) == ("We want tea.", [])


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Type: multipart/mixed\n\n--X\nContent-Type: text/plain\n\nWe want tea.\n--X--\n",
        b"Content-Type: multipart/alternative; boundary=Y\n\nWe want tea.\n",
        multi("mixed", b"Content-Type: multipart/alternative\n\nWe want tea."),
        b"Content-Type: multipart/mixed; boundary=Y\n\nWe want tea.\n--Y\n\n--Y--\n",
        b"Content-Type: multipart/mixed; boundary=Y\n\n--Y\n\n--Y--\nWe want tea.\n",
        multi("alternative", part("text/plain", " \n"), part("text/html", "<p>We want tea.")),
    ],
)
def test_words_in_no_part_are_read(data: bytes) -> None:
    assert read(data) == ("We want tea.", [])


def test_a_plain_text_that_only_sends_to_the_html_is_not_the_text() -> None:
    page = part("text/html", "<p>" + "We want forty kilos of tea. " * 20)
    text, _ = read(multi("alternative", part("text/plain", "Your reader shows no HTML."), page))
    assert text.startswith("We want forty kilos")


def test_what_a_page_shows_is_measured_without_its_markup() -> None:
    style = "<style>" + "p { color: red }" * 100 + "</style><script>" + "x" * 900 + "</script><!--" + "y" * 900 + "-->"
    for shown, is_chosen in (
        ("<p>See the bill.</p>" + "<td style='padding:1px' class=wide></td>" * 100, False),
        ("<p>" + "See the bill. " * 20, True),
        ('<img alt="' + "See the bill. " * 20 + '">', True),
    ):
        text, _ = read(multi("alternative", PLAIN, part("text/html", style + shown)))
        assert (text != "See the bill.") == is_chosen


def test_a_text_that_is_too_long_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (mail_forms, mail_parsing):
        monkeypatch.setattr(module, "MOST_TEXT_BYTES", 20)
    for kind in ("text/plain", "text/html"):
        text, _ = read(part(kind, "See the bill. " * 9))
        assert text == "See the bill. See th\n\n[the rest of this text is not read: it is too long]"


def test_a_page_without_a_charset_in_its_header_says_it_itself() -> None:
    page = b"Content-Type: text/html\n\n<meta charset=koi8-r><p>" + "Привет".encode("koi8-r")
    assert read(page)[0] == "Привет"


def test_a_delivery_report_says_what_failed() -> None:
    status = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ben@example.com\nAction: failed\nStatus: 5.1.1"
    report = multi(
        "report",
        part("text/plain", "It failed."),
        part("message/delivery-status", status),
        part("text/rfc822-headers", "Subject: Lost"),
    )
    text, names = read(report)
    assert names == []
    assert all(
        each in text for each in ("It failed.", "Final-Recipient: rfc822; ben@example.com", "5.1.1", "Subject: Lost")
    )
    read_receipt = multi(
        "report", PLAIN, part("message/disposition-notification", "Disposition: manual-action; displayed")
    )
    assert "Disposition: manual-action; displayed" in read(read_receipt)[0]


def test_enriched_text_loses_its_commands() -> None:
    text = "<bold>Tea</bold> is\nhot.\n\n<color><param>red</param>1 << 2</color>"
    assert read(part("text/enriched", text))[0] == "Tea is hot.\n1 < 2"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no e-mail: it has no headers"),
        (b"\n\nHello", "no e-mail: it has no headers"),
        (b"X-Only: this\n\n", "an e-mail without headers that matter and without text"),
    ],
)
def test_what_is_no_mail_is_told_as_such(data: bytes, reason: str) -> None:
    with pytest.raises(NotReadable, match=reason):
        read_mail(data)


def test_very_many_parts_are_cut_off() -> None:
    mail = message()
    mail.make_mixed()
    for n in range(1100):
        mail.add_attachment("x", filename=f"{n}.txt")
    assert "[the parts after this one are left out: there are too many]" in read_mail(mail.as_bytes()).text


@pytest.mark.parametrize("depth", [900, 3_000])
def test_messages_in_messages_without_end_are_told_as_such(depth: int) -> None:
    with pytest.raises(NotReadable, match="nested too deeply"):
        read_mail(b"From: a@b.example\nContent-Type: message/rfc822\n\n" * depth + b"From: x@y.example\n\nHi\n")


WHOLE = message()
WHOLE.add_alternative("<p>Tea.</p>", subtype="html")
WHOLE.add_attachment(b"x" * 50, maintype="image", subtype="png", filename="a.png")
BYTES = WHOLE.as_bytes()


@given(st.data())
@settings(max_examples=200)
def test_malformed_mail_is_read_or_told(data: st.DataObject) -> None:
    broken = bytearray(BYTES)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(broken) - 1))
        broken[at : at + data.draw(st.integers(1, 5))] = data.draw(st.binary(max_size=6))
    try:
        text = read_mail(bytes(broken[: data.draw(st.integers(0, len(broken)))])).text
    except NotReadable:
        return
    text.encode()
    assert "\r" not in text


@pytest.mark.parametrize("piece", ["<!--", "<script", "<style>", "</script ", "<", "alt=", "<p "])
def test_measuring_a_page_takes_a_time_that_grows_with_its_length_alone(piece: str) -> None:
    page = part("text/html", piece * 100_000)
    assert read(multi("alternative", part("text/plain", "See the page."), page))[0]
