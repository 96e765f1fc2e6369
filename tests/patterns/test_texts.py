from hypothesis import given
from hypothesis import strategies as st

from agentkit.patterns.texts import sendable, text_key


def test_texts_that_differ_in_white_space_case_and_forms_are_the_same() -> None:
    assert text_key(" Caf\u00e9\n ONE") == text_key("cafe\u0301 one") != text_key("caf\u00e9 two")


@given(st.text())
def test_every_text_can_be_made_sendable(text: str) -> None:
    assert sendable(text).encode()[:0] == b""
    assert sendable(f"{text}\ud83c\udf75\ud83c") == f"{sendable(text)}\U0001f375\ufffd"
