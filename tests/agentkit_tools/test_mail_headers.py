"""Headers of e-mail in every form in which programs write them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit_tools.mail_headers import (
    all_headers,
    content_type,
    decode_words,
    disposition,
    file_name,
    header_text,
    parameter,
)
from agentkit_tools.mail_parts import MailPart


def part(headers: bytes) -> MailPart:
    return MailPart(headers + b"\n\n")


def word(text: bytes, charset: str) -> str:
    return f"=?{charset}?B?{base64.b64encode(text).decode()}?="


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Tea", "Tea"),
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe_aus?= =?utf-8?b?S8O2bG4=?=", "Grüße ausKöln"),
        (f"{word('Grü'.encode()[:3], 'utf-8')} {word('Grü'.encode()[3:], 'UTF-8')}", "Grü"),
        (word("一〇〇①".encode("gbk", "ignore"), "gb2312"), "一〇〇①"),
        (word(b"\x1b$B\x2d\x21\x1b(B", "iso-2022-jp"), "①"),
        ("=?iso-8859-1?Q?caf=E9 au lait?=", "café au lait"),
        ("=?utf-8*en?q?tea?=", "tea"),
        ("=?no-such?q?tea?=", "tea"),
        ("=?utf-8?b?dGVh?= and =?utf-8?b?Y3Vwcw?=", "tea and cups"),
        ("=?utf-8?x?tea?=", "=?utf-8?x?tea?="),
        ('"=?utf-8?q?caf=C3=A9?=" <a@b.c>', '"café" <a@b.c>'),
    ],
)
def test_encoded_words_are_decoded(value: str, text: str) -> None:
    assert decode_words(value) == text


def test_fields_are_joined_and_long_ones_say_how_long_they_are() -> None:
    found = part(b"To: a@b.c,\n d@e.f\nTo: g@h.i\nTo: g@h.i\nCc: " + b"x" * 3000)
    assert header_text(found, "To") == "a@b.c, d@e.f, g@h.i"
    assert header_text(found, "Cc").endswith("x... [3000 characters]")
    assert header_text(found, "Bcc") == ""
    assert header_text(part(b"Cc: a\0b\x1b[31m\n\tc"), "Cc") == "ab[31m c"
    assert all_headers(part(b"A: 1\nB: =?utf-8?q?=C3=A9?=")) == ["A: 1", "B: é"]


def test_bytes_in_a_header_are_in_utf8_or_in_the_encoding_of_the_text() -> None:
    assert header_text(part("Subject: Grüße".encode()), "Subject") == "Grüße"
    assert header_text(part("Subject: Grüße".encode("latin-1")), "Subject") == "Grüße"
    assert header_text(part("Subject: 你好".encode("gbk")), "Subject", charset="gb2312") == "你好"


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (b"Content-Type: Text/HTML; charset=x", "text/html"),
        (b"Content-Type: text", "text/plain"),
        (b"Content-Type: html", "text/html"),
        (b"Content-Type:", "text/plain"),
        (b"X: y", "text/plain"),
        (b"Content-Type: application/vnd.ms-excel;", "application/vnd.ms-excel"),
        (b"Content-Type: application/" + b"x" * 128, "text/plain"),
    ],
)
def test_a_media_type_is_found_or_taken_for_text(header: bytes, kind: str) -> None:
    assert content_type(part(header)) == kind


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (b"Content-Disposition: attachment; filename=bill.pdf", "bill.pdf"),
        (b'Content-Disposition: Attachment;\n filename="a; b\\"c.pdf"', 'a; b"c.pdf'),
        (b'Content-Disposition: attachment; filename="C:\\\\temp\\\\bill.pdf"', "bill.pdf"),
        (b"Content-Disposition: attachment; filename=../../bill.pdf", "bill.pdf"),
        (b"Content-Type: application/pdf; name=bill.pdf", "bill.pdf"),
        (b"Content-Disposition: attachment; filename*=utf-8''gr%C3%BC%C3%9Fe.pdf", "grüße.pdf"),
        (
            b"Content-Disposition: attachment; filename*0*=gbk''%C4%E3; filename*1*=%BA%C3; filename*2=.md",
            "你好.md",
        ),
        (b'Content-Disposition: attachment; filename*1="l.pdf"; filename*0="bil"', "bill.pdf"),
        (b'Content-Disposition: attachment; filename="=?utf-8?b?w6kucGRm?="', "é.pdf"),
        ('Content-Disposition: attachment; filename="é.pdf"'.encode(), "é.pdf"),
        (b"Content-Disposition: attachment; filename*=no-such''b%69ll.pdf", "bill.pdf"),
        (b"Content-Disposition: attachment", ""),
    ],
)
def test_a_file_name_is_put_together(headers: bytes, name: str) -> None:
    assert file_name(part(headers)) == name


def test_a_disposition_and_a_parameter_are_found() -> None:
    found = part(b"Content-Disposition: INLINE; x=y\nContent-Type: text/plain; Charset = 'utf-8'")
    assert disposition(found) == "inline"
    assert parameter(found, "Content-Type", "charset") == "'utf-8'"


@given(st.binary(max_size=200))
def test_no_header_is_refused(data: bytes) -> None:
    found = part(b"Subject: " + data.replace(b"\n", b"").replace(b"\r", b""))
    header_text(found, "Subject").encode()
    file_name(
        part(b"Content-Disposition: attachment; filename" + data.replace(b"\n", b"").replace(b"\r", b""))
    ).encode()
