"""Rate limits: what the headers tell, when a request has to wait, and that buckets fill up again."""

from __future__ import annotations

import pytest

from agentkit.simulator import Quota, Reply, Script, Simulator
from tests.simulator.bodies import HI
from tests.simulator.faults.wire_client import ask


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


def test_headers_tell_the_limits_and_what_is_left() -> None:
    quota = Quota(requests=60, input_tokens=6000, output_tokens=1200, clock=Clock())
    assert quota.take_request(1000) is None
    quota.take_output_tokens(300)
    headers = quota.rate_limit_headers()
    assert headers["anthropic-ratelimit-requests-limit"] == "60"
    assert headers["anthropic-ratelimit-requests-remaining"] == "59"
    assert headers["anthropic-ratelimit-input-tokens-remaining"] == "5000"
    assert headers["anthropic-ratelimit-output-tokens-remaining"] == "900"
    assert headers["anthropic-ratelimit-tokens-remaining"] == "900"
    assert headers["anthropic-ratelimit-input-tokens-reset"] == "2027-01-15T08:00:10Z"
    assert len(headers) == 12


def test_a_request_over_a_limit_waits_until_there_is_room() -> None:
    clock = Clock()
    quota = Quota(requests=60, input_tokens=6000, clock=clock)
    assert quota.take_request(6000) is None
    assert quota.take_request(100) == ("input-tokens", 1.0)
    clock.now_s += 1
    assert quota.take_request(100) is None


def test_the_limit_of_requests_counts_requests() -> None:
    clock = Clock()
    quota = Quota(requests=2, clock=clock)
    assert quota.take_request(1) is None
    assert quota.take_request(1) is None
    assert quota.take_request(1) == ("requests", 30.0)
    clock.now_s += 600
    assert quota.rate_limit_headers()["anthropic-ratelimit-requests-remaining"] == "2"


def test_replies_can_use_up_more_than_there_is_and_then_the_next_request_waits() -> None:
    clock = Clock()
    quota = Quota(output_tokens=60, clock=clock)
    assert quota.take_request(1) is None
    quota.take_output_tokens(120)
    assert quota.rate_limit_headers()["anthropic-ratelimit-output-tokens-remaining"] == "0"
    assert quota.take_request(1) == ("output-tokens", 61.0)


def test_a_prompt_over_the_whole_limit_waits_for_all_of_it_and_then_passes() -> None:
    quota = Quota(input_tokens=10, clock=Clock())
    assert quota.take_request(1000) is None
    assert quota.take_request(1000) is not None


@pytest.mark.anyio
async def test_over_http_the_limit_is_a_429_that_says_when_to_come_again() -> None:
    simulator = Simulator(Script(lambda _: Reply.text("Yes.")), quota=Quota(requests=1, clock=Clock()))
    async with simulator.serve() as base_url:
        first = await ask(base_url)
        assert first.status == 200
        assert first.headers["anthropic-ratelimit-requests-remaining"] == "0"
        second = await ask(base_url, messages=[HI])
    assert second.status == 429
    assert second.json["error"]["type"] == "rate_limit_error"
    assert second.json["error"]["message"].endswith("on requests per minute.")
    assert second.headers["retry-after"] == "60"
    assert second.headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert len(simulator.requests) == 1
