"""Text files in the encodings of Windows programs."""

import pytest

from agentkit.messages.text_encoding import decode_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_names_the_encoding_and_is_no_text(encoding: str) -> None:
    assert decode_text("tea \u2615".encode(encoding)) == "tea \u2615"
    assert decode_text("".encode(encoding)) == ""


def test_the_other_byte_order_is_read_too() -> None:
    assert decode_text(b"\xfe\xff" + "tea".encode("utf-16-be")) == "tea"


@pytest.mark.parametrize("data", [b"caf\xe9", b"\xff\xfea", b"\xff\xfe\x00\xd8"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        decode_text(data)
