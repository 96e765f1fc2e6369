"""Transfer encodings of MIME, and what stands around or is missing of the encoded text."""

from __future__ import annotations

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit_tools.transfer_encoding import decoded_size, transfer_decode

TEXT = b"We want forty kilos of tea, and we want them soon."
ENCODED = base64.encodebytes(TEXT)


@pytest.mark.parametrize(
    ("data", "decoded"),
    [
        (ENCODED, TEXT),
        (ENCODED.replace(b"\n", b"\r\n"), TEXT),
        (ENCODED + b"\n-- \nlist footer\n", TEXT + b"\n\n-- \nlist footer\n"),
        (ENCODED + b"\nRegards\n-- \nlist footer\n", TEXT + b"\n\nRegards\n-- \nlist footer\n"),
        (ENCODED + b"-- \nlist footer\n", TEXT + b"\n-- \nlist footer\n"),
        (ENCODED.rstrip()[:-3], TEXT[:-2]),
        (ENCODED.replace(b"=", b""), TEXT),
        (base64.b64encode(b"tea!") + b"\n" + base64.b64encode(b"cups"), b"tea!cups"),
        (b"!" + ENCODED, TEXT),
        (b"this is no base64 at all", b"this is no base64 at all"),
        (b"", b""),
    ],
)
def test_base64_is_decoded_with_what_follows_it(data: bytes, decoded: bytes) -> None:
    assert transfer_decode(data, "base64", is_text=True) == decoded
    assert decoded_size(b"x" + data + b"==", 1, 1 + len(data), "base64") == len(
        transfer_decode(data, "base64", is_text=False)
    )


@given(st.binary(max_size=80), st.integers(0, 110), st.sampled_from([b"", b"=", b"\n", b"=\n\n=", b"-", b"QQ=="]))
def test_the_size_of_a_file_is_known_without_its_bytes(data: bytes, cut: int, tail: bytes) -> None:
    encoded = base64.encodebytes(data)[:cut] + tail
    for name in ("base64", "quoted-printable", "7bit"):
        assert decoded_size(encoded, 0, len(encoded), name) == len(transfer_decode(encoded, name, is_text=False))


@pytest.mark.parametrize("name", ["quoted-printable;", "Quoted-Printable (as sent)", " quoted-printable"])
def test_the_name_is_read_in_any_form(name: str) -> None:
    assert transfer_decode(b"Gr=C3=BC=\n=C3=9Fe", name, is_text=True) == "Grüße".encode()


@pytest.mark.parametrize("name", ["", "7bit", "8BIT", "binary", "no-such"])
def test_an_unknown_name_leaves_the_bytes(name: str) -> None:
    assert transfer_decode(b"a=C3", name, is_text=True) == b"a=C3"


def test_a_soft_line_break_may_have_blanks_behind_it() -> None:
    for data in (b"tea ket=  \ntle=3D", b"tea ket= \t\r\ntle=3D", b"tea ket=\ntle=3D"):
        assert transfer_decode(data, "quoted-printable", is_text=True) == b"tea kettle="


def test_uuencode_is_decoded() -> None:
    data = b"begin 644 a.txt\n" + binascii.b2a_uu(TEXT[:45]) + binascii.b2a_uu(TEXT[45:]) + b"`\nend\n"
    assert transfer_decode(data, "x-uuencode", is_text=False) == TEXT
    assert transfer_decode(b"no such thing", "x-uuencode", is_text=False) == b"no such thing"


@given(st.binary())
def test_what_was_encoded_comes_back(data: bytes) -> None:
    assert transfer_decode(base64.encodebytes(data), "base64", is_text=False) == data
    assert transfer_decode(base64.encodebytes(data), "base64", is_text=True) == data


@given(st.binary(), st.sampled_from(["base64", "quoted-printable", "x-uuencode"]), st.booleans())
def test_nothing_is_refused(data: bytes, name: str, is_text: bool) -> None:
    transfer_decode(data, name, is_text=is_text)
