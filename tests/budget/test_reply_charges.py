"""The charges of a reply: by the models that worked on it, at the price that its usage record names."""

from __future__ import annotations

import math

import pytest

from agentkit.budget.charges import total_cost, total_usage
from agentkit.budget.prices import Price
from agentkit.budget.reply_charges import ReplyPrices, price_factor
from agentkit.budget.usage import Usage
from agentkit.messages.message import JSONObject

SONNET, OPUS, HAIKU = "claude-sonnet-4-6", "claude-opus-4-8", "claude-haiku-4-5"
MILLION = {"input_tokens": 1_000_000}


def part(kind: str, read: int, written: int, **more: object) -> JSONObject:
    return {"type": kind, "input_tokens": read, "output_tokens": written, **more}


@pytest.mark.parametrize(
    ("answering", "name", "usd"),
    [
        ("", HAIKU, 1.0),
        (HAIKU, HAIKU, 1.0),
        (f"{HAIKU}-20251001", HAIKU, 1.0),
        ("a-model-that-nobody-knows", HAIKU, 1.0),
        ("claude-opus-4-5", "claude-opus-4-5", 5.0),
        ("claude-opus-4-5-20251101", "claude-opus-4-5-20251101", 5.0),
        ("claude-opus-4-5@20251101", "claude-opus-4-5@20251101", 5.0),
    ],
)
def test_the_model_that_answered_is_charged_whatever_the_date_in_its_id(answering: str, name: str, usd: float) -> None:
    [charge] = ReplyPrices(HAIKU).charges_of(answering, MILLION)
    assert (charge.model, charge.cost.usd) == (name, usd)


def test_a_price_of_ones_own_holds_for_the_model_that_it_was_given_for() -> None:
    own = (Price(7, 7),)
    for asked, answering, usd in (("router", OPUS, 7), (HAIKU, HAIKU, 7), (HAIKU, OPUS, 5)):
        [charge] = ReplyPrices(asked, own).charges_of(answering, MILLION)
        assert charge.cost.usd == usd
    [charge] = ReplyPrices("router", own).charges_of("router", {**MILLION, "service_tier": "priority"})
    assert charge.cost.usd == 7


@pytest.mark.parametrize(
    ("fields", "factor"),
    [
        ({}, 1.0),
        ({"speed": None, "service_tier": "standard", "inference_geo": "not_available"}, 1.0),
        ({"inference_geo": "us"}, 1.1),
        ({"service_tier": "batch", "inference_geo": "us"}, 0.55),
        *(({name: value}, None) for name, value in (("speed", "fast"), ("service_tier", "priority"))),
        *(({"inference_geo": value}, None) for value in ("moon", 5, ["us"], math.nan)),
    ],
)
def test_what_changed_the_price_counts_and_what_is_not_known_makes_it_unknown(
    fields: JSONObject, factor: float | None
) -> None:
    assert price_factor(fields) == (None if factor is None else pytest.approx(factor))
    [charge] = ReplyPrices(OPUS).charges_of(OPUS, {**MILLION, **fields})
    assert charge.cost.usd == (None if factor is None else pytest.approx(5 * factor))


@pytest.mark.parametrize(
    ("top", "iterations", "answering", "tokens", "usd"),
    [
        # A compaction is not in the top level.
        ((200, 10), [part("compaction", 80_000, 500), part("message", 200, 10)], SONNET, (80_200, 510), 0.248_25),
        ((0, 0), [part("compaction", 900_000, 2_000)], SONNET, (900_000, 2_000), 2.73),
        # Nor is an advisor of another model.
        (
            (2_400, 130),
            [part("message", 1_100, 120), part("advisor_message", 2_500, 40, model=OPUS), part("message", 1_300, 10)],
            SONNET,
            (4_900, 170),
            (2_400 * 3 + 130 * 15 + 2_500 * 5 + 40 * 25) / 1e6,
        ),
        # A fallback answers after the asked model has declined, and the top level holds its tokens, or those of both.
        ((100, 50), [part("message", 90, 1), part("fallback_message", 100, 50, model=OPUS)], OPUS, (190, 51),
         (90 * 3 + 15 + 100 * 5 + 50 * 25) / 1e6),
        ((190, 51), [part("message", 90, 1), part("fallback_message", 100, 50, model=OPUS)], OPUS, (190, 51),
         (90 * 3 + 15 + 100 * 5 + 50 * 25) / 1e6),
        # What the list leaves out is charged all the same.
        ((300, 10), [part("message", 200, 10), "nothing", part("message", -5, True)], SONNET, (300, 10), 0.001_05),
    ],
)  # fmt: skip
def test_iterations_are_counted_once_each_by_its_own_model(
    top: tuple[int, int], iterations: list[object], answering: str, tokens: tuple[int, int], usd: float
) -> None:
    record = {"input_tokens": top[0], "output_tokens": top[1], "iterations": iterations}
    charges = ReplyPrices(SONNET).charges_of(answering, record)
    usage = total_usage(charges)
    assert (usage.requests, usage.input_tokens, usage.output_tokens) == (1, *tokens)
    assert total_cost(charges).usd == pytest.approx(usd)


@pytest.mark.parametrize("record", [None, "none", 5, [], {"iterations": 5}, {"iterations": [5]}, {"iterations": {}}])
def test_a_record_of_another_shape_is_one_request_without_tokens(record: object) -> None:
    [charge] = ReplyPrices(SONNET).charges_of(SONNET, record)
    assert charge.usage == Usage(requests=1)
