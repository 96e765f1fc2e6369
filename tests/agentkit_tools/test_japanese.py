"""Japanese encodings with the characters that Python's codecs refuse."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentkit_tools.japanese import decode_euc_jp, decode_iso_2022_jp


@given(st.text(st.characters(codec="iso2022_jp", exclude_characters="\x1b\x0e\x0f\x0b\x0c\x7f\\~", min_codepoint=32)))
def test_japanese_is_decoded_as_python_does(text: str) -> None:
    alike = str.maketrans("−〜‖—¢£¬¥‾", "－～∥―￠￡￢\\~")  # noqa: RUF001 - Python and Windows disagree on these
    assert decode_iso_2022_jp(text.encode("iso2022_jp")).translate(alike) == text.translate(alike)
    kanji = "".join(char for char in text if char not in "¥‾")
    assert decode_euc_jp(kanji.encode("euc_jp", "ignore")).translate(alike) == (
        kanji.encode("euc_jp", "ignore").decode("euc_jp").translate(alike)
    )


@given(st.binary())
def test_no_japanese_bytes_are_refused(data: bytes) -> None:
    decode_iso_2022_jp(data).encode()
    decode_euc_jp(data).encode()
