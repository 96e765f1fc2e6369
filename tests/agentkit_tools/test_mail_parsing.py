"""Parts of e-mail, and the repair of what no standard describes."""

from __future__ import annotations

import base64

import pytest

from agentkit_tools.mail_headers import content_type
from agentkit_tools.mail_parsing import body, parse_mail, subparts
from agentkit_tools.unreadable import NotReadable

MESSAGE = b"From: a@b.c\nSubject: Tea\n\nForty kilos.\n"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + MESSAGE,
        b"\r\n\r\n" + MESSAGE,
        b"From a@b.c Mon Jan 1\n" + MESSAGE,
        b">From a@b.c Mon Jan 1\n" + MESSAGE,
        b"\nFrom a@b.c Mon Jan 1\n>From x\n" + MESSAGE,
        MESSAGE.replace(b":", b" :"),
        MESSAGE.replace(b"\n", b"\r\n"),
        MESSAGE.replace(b"\n", b"\r"),
        MESSAGE.replace(b"Subject", b"a line of nothing\nSubject"),
        MESSAGE.replace(b"Subject", b"a line of nothing\nSubject").replace(b"\n", b"\r\n"),
        MESSAGE.decode().encode("utf-16"),
    ],
)
def test_what_stands_before_or_between_headers_costs_none(data: bytes) -> None:
    message = parse_mail(data)
    assert message.get("Subject").strip() == "Tea"
    assert body(message, is_text=True).strip() == b"Forty kilos."


def test_text_behind_the_headers_stays_text() -> None:
    message = parse_mail(b"From: a@b.c\nThere is no empty line here: none.\n\nMore.\n")
    assert b"There is no empty line" in body(message, is_text=True)


def test_of_two_types_the_one_with_parts_is_taken() -> None:
    mixed = b"Content-Type: multipart/mixed;\n boundary=X\n"
    for headers in (b"Content-Type: text/plain\n" + mixed, mixed + b"Content-Type: text/plain\n"):
        message = parse_mail(headers + b"\n--X\n\nTea.\n--X--\n")
        assert [body(part, is_text=True) for part in subparts(message)] == [b"Tea."]


@pytest.mark.parametrize(
    ("headers", "data"),
    [
        (b"Content-Type: multipart/mixed", b"--X\nContent-Type: text/html\n\nTea.\n--X--\n"),
        (b"Content-Type: multipart/mixed; boundary=Y", b"preamble\n--X\nContent-Type: text/html\n\nTea.\n--X--\n"),
        (b"Content-Type: multipart/mixed; boundary=Y", b'--X"\\\nContent-Type: text/html\n\nTea.\n--X"\\--\n'),
        (
            b"Content-Type: multipart/mixed; boundary=X\nContent-Transfer-Encoding: base64",
            base64.encodebytes(b"--X\nContent-Type: text/html\n\nTea.\n--X--\n"),
        ),
    ],
)
def test_parts_are_found_without_their_boundary(headers: bytes, data: bytes) -> None:
    (part,) = subparts(parse_mail(headers + b"\n\n" + data))
    assert (content_type(part), body(part, is_text=True)) == ("text/html", b"Tea.")


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_a_message_that_is_encoded_as_a_whole_is_a_message(encoding: str) -> None:
    encoded = (
        base64.encodebytes(MESSAGE) if encoding == "base64" else b"From=3A a@b.c\nSubject=3A Tea\n\nForty kilos.\n"
    )
    outer = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: {encoding}\n\n".encode()
    (inner,) = subparts(parse_mail(outer + encoded))
    assert inner.get("Subject").strip() == "Tea"


def test_what_has_no_headers_is_no_mail() -> None:
    with pytest.raises(NotReadable, match="no e-mail"):
        parse_mail(b"Hello.")


@pytest.mark.parametrize("charset", [b"charset*=x'y'z", b"charset=\xa1", b"charset=undefined", b"charset=idna"])
def test_no_charset_is_a_reason_to_fail(charset: bytes) -> None:
    message = parse_mail(b"From: a@b.c\nContent-Type: text/plain; " + charset + b"\n\nT\xe9a\n")
    assert (subparts(message), body(message, is_text=True)) == ([], b"T\xe9a\n")


@pytest.mark.parametrize(
    "boundary", [b"boundary*=no'y'X", b"boundary*=\xa1''X", b"boundary*0=X;\n boundary*1=", b'boundary="X "']
)
def test_a_boundary_is_read_in_any_form(boundary: bytes) -> None:
    message = parse_mail(b"Content-Type: multipart/mixed; " + boundary + b"\n\n--X\n\nTea.\n--X--\n")
    assert [body(part, is_text=True) for part in subparts(message)] == [b"Tea."]
