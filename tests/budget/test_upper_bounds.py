"""The most that a request can use: never less than what a server may count."""

from __future__ import annotations

import base64
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agentkit.budget import upper_bounds as bounds
from agentkit.budget.upper_bounds import max_prompt_tokens
from agentkit.messages.message import JSONObject, Message, user
from agentkit.messages.request import EncodedPrefix, Request
from agentkit.simulator.model_behavior.prompt_cache import count_prompt_tokens
from tests.budgets.server import dense_prompt

FIND: JSONObject = {"name": "find", "input_schema": {"type": "object"}}
SEARCH: JSONObject = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}


def request(*messages: Message, tools: list[JSONObject] | None = None, **more: Any) -> Request:
    said = messages or (user("Hi."),)
    return Request(
        EncodedPrefix.encode("You read.", tools or []), said, {"model": "claude-opus-5-5", "max_tokens": 1_000, **more}
    )


contents = st.text(st.characters(codec="utf-8"), max_size=300)


@given(st.lists(contents, min_size=1, max_size=6), st.booleans())
def test_no_server_counts_more_than_the_bound(texts: list[str], has_tools: bool) -> None:
    asked = request(*map(user, texts), tools=[FIND] if has_tools else [])
    assert max_prompt_tokens(asked) >= dense_prompt(asked.to_dict()) >= count_prompt_tokens(asked.to_dict())


@given(st.lists(contents, min_size=2, max_size=6), st.data())
def test_what_the_server_has_counted_is_not_measured_again(texts: list[str], data: st.DataObject) -> None:
    messages = [user(text) for text in texts]
    count = data.draw(st.integers(1, len(messages) - 1))
    known = dense_prompt(request(*messages[:count]).to_dict())
    bound = max_prompt_tokens(request(*messages), known, count)
    assert dense_prompt(request(*messages).to_dict()) <= bound
    assert bound < known + 64 + sum(len(message.encoded) + 9 for message in messages[count:])


def test_a_picture_and_a_document_count_as_the_documentation_says_not_as_their_bytes() -> None:
    data = base64.b64encode(bytes(300_000)).decode()
    source = {"type": "base64", "media_type": "image/png", "data": data}
    inside = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image", "source": source}]}
    for block, most in (
        ({"type": "image", "source": source}, bounds.IMAGE_TOKENS),
        (inside, bounds.IMAGE_TOKENS),
        ({"type": "document", "source": source}, bounds.DOCUMENT_TOKENS),
        ({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}, bounds.IMAGE_TOKENS),
    ):
        tokens = bounds.max_message_tokens(user([block]))
        assert most < tokens < most + 300


def test_a_document_of_text_counts_as_its_bytes() -> None:
    block = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x" * 5_000}}
    assert 5_000 < bounds.max_message_tokens(user([block])) < 5_300


def test_rate_limits_go_by_what_is_likely() -> None:
    asked = request(user("x" * 4_000))
    assert math.isclose(bounds.estimated_prompt_tokens(asked), 1_000, rel_tol=0.1)
    source = {"type": "base64", "media_type": "image/png", "data": "x" * 900_000}
    for content in ([{"type": "image", "source": source}], [{"type": "document", "source": source}]):
        asked = request(user("x" * 4_000), user(content))
        assert bounds.estimated_prompt_tokens(asked) < 102_000
        assert bounds.estimated_prompt_tokens(asked) >= 1_000 + bounds.IMAGE_TOKENS
