"""A conversation as text: everything that was said and done, shorter and shorter until it fits."""

from __future__ import annotations

import pytest

from agentkit.history.plain_text import conversation_text, plain_text, shorten_text
from agentkit.messages.content import Document, Image
from agentkit.messages.message import Block, Message, text_block, tool_result, user
from tests.pictures import png

PICTURE = Image(png(), "image/png").to_block()
TALK = [
    user("What does tea cost?"),
    Message.of(
        "assistant",
        [
            {"type": "thinking", "thinking": "secret thoughts", "signature": "s"},
            text_block("Let me see."),
            {"type": "tool_use", "id": "c1", "name": "find", "input": {"words": ["tea"]}},
            {"type": "tool_use", "id": "c2", "name": "find", "input": {}},
        ],
    ),
    user([tool_result("c1", "tea: 4 EUR"), tool_result("c2", "no words", is_error=True)]),
    Message.of("assistant", "It costs 4 EUR."),
]


def test_everything_said_and_done_is_in_it_but_thinking() -> None:
    assert conversation_text(TALK, 10_000).split("\n\n") == [
        "User: What does tea cost?",
        "Assistant: Let me see.",
        'Call of `find` (c1): {"words":["tea"]}',
        "Call of `find` (c2): {}",
        "Result of c1: tea: 4 EUR",
        "Error of c2: no words",
        "Assistant: It costs 4 EUR.",
    ]


@pytest.mark.parametrize("most_chars", [200, 3_000, 20_000, 100_000])
def test_results_are_shortened_before_words_and_it_always_fits(most_chars: int) -> None:
    result = user([tool_result("c1", "x" * 1_000_000), tool_result("c2", "y" * 3_000)])
    text = conversation_text([TALK[0], TALK[1], result, TALK[3]], most_chars)
    assert len(text) <= most_chars
    assert text.startswith("User: What does tea cost?" if most_chars > 200 else "User: ")
    assert text.endswith("It costs 4 EUR.")
    assert "characters left out" in text


def test_what_is_no_text_is_named() -> None:
    blocks: list[Block] = [PICTURE, Document("d1", "Tea.", "Prices").to_block(), {"type": "tool_reference"}]
    assert plain_text(blocks) == "(image)\nDocument d1: Prices: Tea.\n(tool_reference)"
    pdf: Block = {"type": "document", "source": {"type": "base64", "data": "JVBERi0="}}
    assert plain_text([pdf]) == "Document : (not shown)"
    found: Block = {"type": "search_result", "source": "d1", "title": "Prices", "content": [text_block("Tea.")]}
    assert plain_text([found]) == "Search result Prices (d1): Tea."
    assert "They said hi." in plain_text([{"type": "compaction", "content": "They said hi."}])


@pytest.mark.parametrize("most_chars", [0, 10, 50, 99, 100, 101])
def test_a_text_is_shortened_to_no_more_than_it_may_have(most_chars: int) -> None:
    text = shorten_text("x" * 100, most_chars)
    assert len(text) <= most_chars
    assert (text == "x" * 100) is (most_chars >= 100)
