"""The prompt cache: written by the first request, read by the next, as `usage` reports it."""

from __future__ import annotations

import pytest

from agentkit.messages.message import JSONObject
from agentkit.simulator.model_behavior.prompt_cache import PromptCache, count_prompt_tokens
from tests.simulator.bodies import MARK, TOOL, ask, body, say, text

LONG = "word " * 2000
FIRST = ask(text(LONG))


def total(usage: JSONObject) -> int:
    return int(usage["input_tokens"] + usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"])


def test_a_growing_conversation_reads_what_it_wrote() -> None:
    cache = PromptCache()
    one = cache.record_request(body(FIRST, system="Be brief.", tools=[TOOL], **MARK))
    assert one["cache_read_input_tokens"] == 0
    assert one["cache_creation_input_tokens"] > 2000
    longer = body(FIRST, say(text("a")), ask(text(LONG)), system="Be brief.", tools=[TOOL], **MARK)
    two = cache.record_request(longer)
    assert two["cache_read_input_tokens"] == total(one)
    assert two["cache_creation_input_tokens"] > 2000
    assert total(two) == count_prompt_tokens(longer)


def test_without_a_marker_nothing_is_cached() -> None:
    cache = PromptCache()
    for _ in range(2):
        usage = cache.record_request(body(FIRST))
        assert usage["input_tokens"] == total(usage)


def test_a_short_prompt_is_silently_not_cached() -> None:
    cache = PromptCache()
    for _ in range(2):
        usage = cache.record_request(body(ask(text("short")), **MARK))
        assert usage["input_tokens"] == total(usage)


@pytest.mark.parametrize(
    "change", [{"system": "Be long."}, {"tools": [{**TOOL, "name": "lose"}]}, {"model": "claude-haiku-5-5"}]
)
def test_a_changed_prefix_or_model_reads_nothing(change: JSONObject) -> None:
    cache = PromptCache()
    cache.record_request(body(FIRST, system="Be brief.", tools=[TOOL], **MARK))
    assert (
        cache.record_request({**body(FIRST, system="Be brief.", tools=[TOOL], **MARK), **change})[
            "cache_read_input_tokens"
        ]
        == 0
    )


def test_a_marker_on_a_block_caches_up_to_it_and_is_no_content_itself() -> None:
    cache = PromptCache()
    one = cache.record_request(body(ask(text(LONG, **MARK), text("tail"))))
    assert one["input_tokens"] < 20
    two = cache.record_request(body(ask(text(LONG), text("other tail")), **MARK))
    assert two["cache_read_input_tokens"] == one["cache_creation_input_tokens"]


def test_a_marker_looks_back_over_twenty_blocks() -> None:
    for extra, is_found in ((19, True), (30, False)):
        cache = PromptCache()
        cache.record_request(body(FIRST, **MARK))
        later = cache.record_request(body(FIRST, *[ask(text(str(n))) for n in range(extra)], **MARK))
        assert (later["cache_read_input_tokens"] > 0) is is_found


def test_an_hour_is_counted_by_itself() -> None:
    usage = PromptCache().record_request(body(FIRST, cache_control={"type": "ephemeral", "ttl": "1h"}))
    assert usage["cache_creation"]["ephemeral_1h_input_tokens"] == usage["cache_creation_input_tokens"] > 0


def test_markers_of_both_lifetimes_are_counted_apart() -> None:
    hour: JSONObject = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    request = body(FIRST, system=[text(LONG, **hour)], **MARK)
    cache = PromptCache()
    one = cache.record_request(request)
    written = one["cache_creation"]
    assert written["ephemeral_1h_input_tokens"] > 2000
    assert written["ephemeral_5m_input_tokens"] > 2000
    assert sum(written.values()) == one["cache_creation_input_tokens"] == total(one)
    assert cache.record_request(request)["cache_read_input_tokens"] == total(one)
    other = cache.record_request(body(ask(text("Other")), system=[text(LONG, **hour)]))
    assert other["cache_read_input_tokens"] == written["ephemeral_1h_input_tokens"]


def test_every_model_has_its_own_least_length() -> None:
    for model, is_cached in (("claude-opus-5-5", True), ("claude-opus-4-8", False)):
        request = body(FIRST, model=model, **MARK)
        assert 1024 < count_prompt_tokens(request) < 4096
        assert (PromptCache().record_request(request)["cache_creation_input_tokens"] > 0) is is_cached


def test_a_run_of_calls_or_of_results_counts_as_one() -> None:
    calls = [{"type": "tool_use", "id": f"t{n}", "name": "find", "input": {}} for n in range(30)]
    results = [{"type": "tool_result", "tool_use_id": f"t{n}", "content": "x"} for n in range(30)]
    cache = PromptCache()
    cache.record_request(body(FIRST, **MARK))
    assert cache.record_request(body(FIRST, say(*calls), ask(*results), **MARK))["cache_read_input_tokens"] > 2000


def test_the_marker_at_the_top_walks_back_over_what_cannot_bear_it() -> None:
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    cache = PromptCache()
    one = cache.record_request(body(FIRST, say(thought), **MARK))
    assert one["cache_creation_input_tokens"] > 2000
    assert one["input_tokens"] > 0
    assert cache.record_request(body(FIRST, **MARK))["cache_read_input_tokens"] == one["cache_creation_input_tokens"]


def test_a_marker_inside_a_result_marks_the_result() -> None:
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [text(LONG, **MARK)]}
    usage = PromptCache().record_request(body(FIRST, ask(result)))
    assert usage["cache_creation_input_tokens"] > 4000
