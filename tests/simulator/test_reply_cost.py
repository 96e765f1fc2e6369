"""The server's bill of a reply, and that of the client, which is computed apart: both name the same sum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit import Agent, Budget, tool
from agentkit.budget.charges import total_cost, total_usage
from agentkit.budget.reply_charges import ReplyPrices
from agentkit.messages import JSONObject
from agentkit.simulator.reply_cost import reply_cost_usd, reply_usage
from agentkit.testing import Reply, script

MODEL = "claude-opus-5-5"  # 4 and 20 dollars for a million tokens
PLAIN: JSONObject = {"input_tokens": 1_000, "output_tokens": 100}
COMPACTION: JSONObject = {"type": "compaction", "input_tokens": 5_000, "output_tokens": 500}
OTHER: JSONObject = {
    "type": "advisor_message",
    "model": "claude-sonnet-5-5",
    "input_tokens": 1_000,
    "output_tokens": 10,
}


@pytest.mark.parametrize(
    ("record", "usd"),
    [
        (PLAIN, 0.006),
        ({**PLAIN, "iterations": [COMPACTION, {"type": "message", **PLAIN}]}, 0.036),
        ({**PLAIN, "iterations": [COMPACTION]}, 0.036),
        ({**PLAIN, "iterations": [OTHER]}, 0.0081),
        ({**PLAIN, "iterations": [{**OTHER, "model": "nobody"}]}, None),
        ({**PLAIN, "inference_geo": "us"}, 0.0066),
        ({**PLAIN, "service_tier": "batch", "speed": "standard"}, 0.003),
        ({**PLAIN, "speed": "fast"}, None),
        ({**PLAIN, "service_tier": ["x"]}, None),
        ({**PLAIN, "inference_geo": "us", "server_tool_use": {"web_search_requests": 2}}, 0.0266),
        ({**PLAIN, "cache_read_input_tokens": 10_000, "cache_creation_input_tokens": 1_000}, 0.015),
        ({"input_tokens": "x", "iterations": [None, 7, {"input_tokens": -1}]}, 0.0),
    ],
)
def test_a_reply_is_billed_by_its_whole_record(record: JSONObject, usd: float | None) -> None:
    assert reply_cost_usd(MODEL, record) == (None if usd is None else pytest.approx(usd))
    assert reply_usage(record) == total_usage(ReplyPrices(MODEL).charges_of(MODEL, record))


COUNTS = {name: st.integers(0, 300_000) for name in ("input_tokens", "output_tokens", "cache_read_input_tokens")}
KINDS = st.sampled_from(["message", "fallback_message", "compaction", "advisor_message", "new"])
MODELS = st.sampled_from([None, "claude-haiku-5-5", MODEL, "claude-sonnet-5-5-20260901"])
ITERATIONS = st.lists(st.fixed_dictionaries({"type": KINDS, "model": MODELS, **COUNTS}), max_size=4)
RECORDS = st.fixed_dictionaries(
    COUNTS,
    optional={
        "iterations": ITERATIONS,
        "inference_geo": st.sampled_from(["us", "global", None]),
        "service_tier": st.sampled_from(["standard", "batch"]),
    },
)


@given(st.sampled_from([MODEL, "claude-haiku-5-5"]), RECORDS)
def test_client_and_server_come_to_the_same_sum(model: str, record: JSONObject) -> None:
    charges = ReplyPrices(model).charges_of(model, record)
    assert total_cost(charges).usd == pytest.approx(reply_cost_usd(model, record))
    assert total_usage(charges) == reply_usage(record)


@tool(effect="read")
def price() -> str:
    """Look up a price."""
    return "4 EUR"


def test_the_ledger_of_a_run_bills_what_the_run_has_counted() -> None:
    usages: list[JSONObject] = [{"iterations": [COMPACTION, OTHER]}, {"inference_geo": "us"}]
    agent = Agent("a", model=MODEL, tools=[price])
    with script(Reply.tool("price").replace(usage=usages[0]), Reply.text("4.").replace(usage=usages[1])) as s:
        result = agent.run_sync("Tea?", budget=Budget(max_cost_usd=1))
    assert result.cost.usd == pytest.approx(s.ledger.usd)
    assert result.usage == s.ledger.usage
    assert s.ledger.rows[0].usage.input_tokens > 6_000


def test_a_price_that_is_not_known_makes_the_bill_unknown() -> None:
    with script(Reply.text("4.").replace(usage={"speed": "fast"})) as s:
        result = Agent("a", model=MODEL).run_sync("Tea?")
    assert (result.cost.usd, s.ledger.usd) == (None, None)
