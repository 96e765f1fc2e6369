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
