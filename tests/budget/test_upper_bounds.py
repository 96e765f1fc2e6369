"""The most that a request can use: never less than what a server may count."""

from __future__ import annotations

import base64
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.budget import upper_bounds as bounds
from agentkit.budget.budget import Amount
from agentkit.budget.prices import Price, cost_of, prices_of
from agentkit.budget.upper_bounds import WorstCaseRates, call_need, final_turn_need, max_prompt_tokens
from agentkit.budget.usage import Usage
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


@pytest.mark.parametrize(
    ("options", "factor"),
    [({}, 1), ({"cache_control": {"type": "ephemeral"}}, 1.25), ({"cache_control": {"ttl": "1h"}}, 2)],
)
def test_where_the_cache_is_used_all_of_a_prompt_may_have_to_be_written(options: JSONObject, factor: float) -> None:
    rates = WorstCaseRates.for_request([Price(4, 20)], request(**options))
    assert list(rates.max_usd_per_token(1_000)) == pytest.approx([4e-6 * factor, 20e-6])


def test_a_marker_inside_a_message_counts_and_a_text_about_one_does_not() -> None:
    marked = user([{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}])
    assert WorstCaseRates.for_request([Price(4, 20)], request(marked)).write_factor == 2
    text = user('Write "cache_control": {"ttl": "1h"} into it.')
    assert WorstCaseRates.for_request([Price(4, 20)], request(text)).write_factor == 1


@pytest.mark.parametrize("tokens", [50_000, 99_999, 100_000, 100_001, 400_000])
def test_the_price_is_the_dearest_that_a_prompt_of_this_length_can_have(tokens: int) -> None:
    prices = prices_of("claude-haiku-5-5")
    assert prices is not None
    per_input, per_output = WorstCaseRates(prices).max_usd_per_token(tokens)
    for real in (1, tokens // 2, tokens):
        cost = cost_of("claude-haiku-5-5", Usage(1, input_tokens=real, output_tokens=500)).usd
        assert cost is not None
        assert cost <= tokens * per_input + 500 * per_output + 1e-12


def test_without_a_money_limit_no_price_is_needed() -> None:
    need = call_need(request(model="of-our-own"), 10, WorstCaseRates())
    assert need.amount_at(5) == Amount(0, 10, 5, 1)


def test_a_prompt_has_no_more_tokens_than_the_window() -> None:
    assert call_need(request(model="claude-haiku-4-5"), 10**7, WorstCaseRates()).fixed.input_tokens == 200_000
    assert call_need(request(model="of-our-own"), 10**7, WorstCaseRates()).fixed.input_tokens == 10**7


def test_searches_of_the_server_bring_their_results_and_the_prompt_again_and_cost_by_use() -> None:
    need = call_need(request(tools=[SEARCH]), 100, WorstCaseRates([Price(1, 1)]))
    assert need.fixed.input_tokens == 3 * 100 + bounds.SEARCH_RESULT_TOKENS * (1 + 2)
    assert need.fixed.cost_usd == pytest.approx(2 * 0.01 + need.fixed.input_tokens / 1e6)
    assert bounds.server_tool_price_usd({"type": "code_execution_20250825"}) is None


def test_the_final_turn_need_covers_all_that_comes_before_it() -> None:
    rates = WorstCaseRates([Price(1, 10), Price(5, 50, prompts_over=3_000)])
    need = final_turn_need(2_000, 16_000, 1_024, rates)
    prompt = 2_000 + bounds.FINAL_TURN_RESULT_TOKENS + 700
    landing = need.amount_at(700)
    assert landing.cost_usd == pytest.approx((prompt * 5 + 1_024 * 50) / 1e6)
    assert (landing.input_tokens, landing.output_tokens, landing.requests) == (prompt, 1_024, 1)


def test_a_prompt_of_which_nothing_was_said_is_as_dear_as_can_be() -> None:
    for marker in ({"type": "ephemeral"}, {"ttl": "1h"}, None):
        asked = request(cache_control=marker)
        usage = bounds.worst_case_usage(asked, 1_000)
        assert usage.prompt_tokens == 1_000
        most = 1_000 * WorstCaseRates.for_request([Price(4, 20)], asked).max_usd_per_token(1_000)[0]
        assert cost_of("", usage, (Price(4, 20),)).usd == pytest.approx(most)


def test_rate_limits_go_by_what_is_likely() -> None:
    asked = request(user("x" * 4_000))
    assert math.isclose(bounds.estimated_prompt_tokens(asked), 1_000, rel_tol=0.1)
    source = {"type": "base64", "media_type": "image/png", "data": "x" * 900_000}
    for content in ([{"type": "image", "source": source}], [{"type": "document", "source": source}]):
        asked = request(user("x" * 4_000), user(content))
        assert bounds.estimated_prompt_tokens(asked) < 102_000
        assert bounds.estimated_prompt_tokens(asked) >= 1_000 + bounds.IMAGE_TOKENS
