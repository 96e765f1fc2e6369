"""What bounds the cost of a request apart from its messages: prices, searches, passes, the context window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from agentkit.budget import request_terms
from agentkit.budget.budget import Amount
from agentkit.budget.prices import Price, cost_of, prices_of
from agentkit.budget.request_terms import RequestTerms
from agentkit.budget.upper_bounds import cache_write_lifetime, worst_case_usage
from agentkit.budget.usage import Usage
from agentkit.messages.message import JSONObject, Message, user
from agentkit.messages.request import Request
from tests.budget.test_upper_bounds import request

SEARCH: JSONObject = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}


def usd_per_token(*messages: Message, **options: Any) -> tuple[float, float]:
    asked = request(*messages, **options)
    return RequestTerms.of_request(asked, [Price(4, 20)]).max_usd_per_token(1_000, cache_write_lifetime(asked))


@pytest.mark.parametrize(
    ("options", "factor"),
    [({}, 1), ({"cache_control": {"type": "ephemeral"}}, 1.25), ({"cache_control": {"ttl": "1h"}}, 2)],
)
def test_where_the_cache_is_used_all_of_a_prompt_may_have_to_be_written(options: JSONObject, factor: float) -> None:
    assert list(usd_per_token(**options)) == pytest.approx([4e-6 * factor, 20e-6])


def test_a_marker_inside_a_message_counts_and_a_text_about_one_does_not() -> None:
    marked = user([{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}])
    short = user([{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}])
    for messages, factor in (((marked, short), 2), ((short, marked), 2), ((short,), 1.25)):
        assert usd_per_token(*messages)[0] == pytest.approx(4e-6 * factor)
    assert usd_per_token(user('Write "cache_control": {"ttl": "1h"} into it.'))[0] == 4e-6


@pytest.mark.parametrize("tokens", [50_000, 99_999, 100_000, 100_001, 400_000])
def test_the_price_is_the_dearest_that_a_prompt_of_this_length_can_have(tokens: int) -> None:
    prices = prices_of("claude-haiku-5-5")
    assert prices is not None
    per_input, per_output = RequestTerms.of_request(request(), prices).max_usd_per_token(tokens)
    for real in (1, tokens // 2, tokens):
        cost = cost_of("claude-haiku-5-5", Usage(1, input_tokens=real, output_tokens=500)).usd
        assert cost is not None
        assert cost <= tokens * per_input + 500 * per_output + 1e-12


def test_without_a_money_limit_no_price_is_needed() -> None:
    need = RequestTerms.of_request(request(model="of-our-own")).call_need(10)
    assert need.amount_at(5) == Amount(0, 10, 5, 1)


@pytest.mark.parametrize(("model", "most"), [("claude-haiku-4-5", 200_000), ("of-our-own", 10**7)])
def test_a_prompt_has_no_more_tokens_than_the_window(model: str, most: int) -> None:
    assert RequestTerms.of_request(request(model=model)).call_need(10**7).fixed.input_tokens == most


def test_searches_of_the_server_bring_their_results_and_the_prompt_again_and_cost_by_use() -> None:
    need = RequestTerms.of_request(request(tools=[SEARCH]), [Price(1, 1)]).call_need(100)
    assert need.fixed.input_tokens == 3 * 100 + request_terms.SEARCH_RESULT_TOKENS * (1 + 2)
    assert need.fixed.cost_usd == pytest.approx(2 * 0.01 + need.fixed.input_tokens / 1e6)
    assert request_terms.server_tool_price_usd({"type": "code_execution_20250825"}) is None


def test_the_final_turn_need_covers_all_that_comes_before_it() -> None:
    terms = RequestTerms.of_request(request(), [Price(1, 10), Price(5, 50, prompts_over=3_000)])
    need = terms.final_turn_need(2_000, 16_000, 1_024)
    prompt = 2_000 + request_terms.FINAL_TURN_RESULT_TOKENS + 700
    landing = need.amount_at(700)
    assert landing.cost_usd == pytest.approx((prompt * 5 + 1_024 * 50) / 1e6)
    assert (landing.input_tokens, landing.output_tokens, landing.requests) == (prompt, 1_024, 1)


def test_a_prompt_of_which_nothing_was_said_is_as_dear_as_can_be() -> None:
    for marker in ({"type": "ephemeral"}, {"ttl": "1h"}, None):
        usage = worst_case_usage(request(cache_control=marker), 1_000)
        assert usage.prompt_tokens == 1_000
        most = 1_000 * usd_per_token(cache_control=marker)[0]
        assert cost_of("", usage, (Price(4, 20),)).usd == pytest.approx(most)


def rich_request() -> Request:
    managed = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    return request(tools=[dict(SEARCH)], fallbacks=[{"model": "claude-haiku-5-5"}], context_management=managed)


def test_they_hold_where_only_messages_and_max_tokens_differ() -> None:
    asked = rich_request()
    options = {**rich_request().options, "max_tokens": 5}
    assert RequestTerms.of_request(asked).hold_for(replace(asked, messages=(user("More."),), options=options))


@pytest.mark.parametrize(
    "change",
    [
        lambda options, tools: options.update(model="claude-haiku-5-5"),
        lambda options, tools: options.update(speed=None),
        lambda options, tools: options.pop("fallbacks"),
        lambda options, tools: options["fallbacks"].append({"model": "claude-opus-5"}),
        lambda options, tools: options["fallbacks"][0].update(max_tokens=64_000),
        lambda options, tools: options["context_management"]["edits"].append({"type": "compact_20260112"}),
        lambda options, tools: tools[0].update(max_uses=3),
    ],
)
def test_a_change_in_place_is_seen_however_deep_it_is(
    change: Callable[[JSONObject, Sequence[JSONObject]], Any],
) -> None:
    asked = rich_request()
    terms = RequestTerms.of_request(asked)
    assert terms.hold_for(asked)
    options: Any = asked.options
    change(options, asked.prefix.server_tools)
    assert not terms.hold_for(asked)
