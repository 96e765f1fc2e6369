"""Bytes of unknown making as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit_tools.decoding import clean_text, decode_bytes


@pytest.mark.parametrize(
    ("data", "declared", "text"),
    [
        ("café".encode(), None, "café"),
        ("café".encode(), "iso-8859-1", "café"),
        ("café".encode("latin-1"), "iso-8859-1", "café"),
        ("café".encode("latin-1"), None, "café"),
        ("café".encode("latin-1"), "utf-8", "café"),
        (b"\x93quoted\x94", "us-ascii", "“quoted”"),
        ("茶".encode("gb18030"), "gb2312", "茶"),
        ("茶".encode("shift_jis"), "shift_jis", "茶"),
        ("\ufeffcafé".encode("utf-8-sig"), None, "café"),
        (b"tea", "base64", "tea"),
        (b"tea", "no such thing", "tea"),
    ],
)
def test_text_is_read_as_it_was_meant(data: bytes, declared: str | None, text: str) -> None:
    assert decode_bytes(data, declared) == text


@given(st.binary(), st.sampled_from([None, "utf-8", "ascii", "utf-16", "big5", "idna", "rot13", "x"]))
def test_nothing_is_refused_and_everything_can_be_sent(data: bytes, declared: str | None) -> None:
    decode_bytes(data, declared).encode()


@given(st.text(st.characters(codec=None)))
def test_clean_text_stays_clean(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert "\r" not in once
    assert "\0" not in once


@pytest.mark.parametrize(
    ("data", "declared", "text"),
    [
        ("Grüße, schöne".encode() + b"\n-- \nf\xfcr", "utf-8", "Grüße, schöne\n-- \nfür"),
        ("Grüße, schöne".encode() + b"\n-- \nf\xfcr", None, "Grüße, schöne\n-- \nfür"),
        ("Grüße, schöne".encode() + b"\n-- \nf\xfcr", "iso-8859-1", "Grüße, schöne\n-- \nfür"),
        ("Grüße, schön".encode() + b"\xc3", "utf-8", "Grüße, schön\ufffd"),
        ("你好世界".encode("gbk") + b"\xc4", "gb2312", "你好世界\ufffd"),
        ("你好世界".encode(), "gb2312", "你好世界"),
        ("這裏是".encode("cp950"), "big5", "這裏是"),
        ("한글 똠".encode("cp949"), "ks_c_5601-1987", "한글 똠"),
        ("①髙".encode("cp932"), "x-sjis", "①髙"),
        (b"\xb5\xc4\xc2\xea\xad\xa1 \x8e\xb1", "euc-jp", "議題① ｱ"),
        (b"\x1b$B\x35\x44\x42\x6a\x2d\x21\x1b(B end", "iso-2022-jp", "議題① end"),
        (b"\x1b$B\x35\x44\x42\x6a\x1b(I\x31\x1b(B end", "iso-2022-jp", "議題ｱ end"),
        (b"\x1b$B\x35\x44\x42\x6a\nnext", "iso-2022-jp", "議題\nnext"),
        (b"\x1b$B\x35\x44\x42\x6a\x1b(B", None, "議題"),
        (b"~{VPND~}", "hz-gb-2312", "中文"),
        (b"\xfeimdi don\x92t", "iso-8859-9", "şimdi don\u2019t"),
        (b"\x93\xb1\x94", "iso-8859-2", "“ą”"),
        ("Привет — «да»".encode("cp1251"), "windows-1251", "Привет — «да»"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("naïve".encode("mac-roman"), "x-mac-roman", "naïve"),
        ("tea".encode("utf-16"), None, "tea"),
        ("tea".encode("utf-16-be"), "utf-16", "tea"),
        ("tea".encode("utf-32"), "utf-8", "tea"),
        ("without a mark".encode("utf-16-le"), None, "without a mark"),
        ("without a mark".encode("utf-16-be"), None, "without a mark"),
        (b"plain", "utf-16", "plain"),
        (b"tea \\x41", "unicode_escape", "tea \\x41"),
        (b"tea", "undefined", "tea"),
    ],
)
def test_one_byte_that_does_not_fit_costs_itself_only(data: bytes, declared: str | None, text: str) -> None:
    assert decode_bytes(data, declared) == text
