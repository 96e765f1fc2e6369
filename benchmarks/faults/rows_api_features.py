"""What the API adds to a reply: the container of its code, requests to other models, factors on the price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agentkit import Budget, Settings
from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply
from benchmarks.faults.agents import find, worker
from benchmarks.faults.scenario import (
    FINAL_REPLY,
    FIND_CALL,
    FIND_RESULT,
    PROMPT_MESSAGE,
    Scenario,
    ScenarioResult,
    assistant_message,
    completes_despite,
    ok_result,
    user_message,
)

FEATURES = "Container, other requests and price factors of a reply"

_INPUT, _OUTPUT = 4 / 1_000_000, 20 / 1_000_000
"""US dollars per token of the worker's model."""
_CODE = {"type": "code_execution_20260120", "name": "code_execution"}
_RUN: JSONObject = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "code_execution", "input": {"code": "1"}}
_OUT: JSONObject = {"type": "code_execution_result", "stdout": "1", "stderr": "", "return_code": 0, "content": []}
_RAN = Reply.block({"type": "code_execution_tool_result", "tool_use_id": "srvtoolu_1", "content": _OUT})
_DIRECT = {"caller": {"type": "direct"}}
_CALL = Reply.block({"type": "tool_use", "id": "c1", "name": "find", "input": {"word": "tea"}, **_DIRECT})
_MIXED = (Reply.block(_RUN) + _CALL).replace(container={"id": "container_1"})
_COUNTED: JSONObject = {
    "input_tokens": 1_000, "output_tokens": 100, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
}  # fmt: skip
_COMPACTED = [
    {"type": "compaction", "input_tokens": 5_000, "output_tokens": 50},
    {"type": "message", "input_tokens": 1_000, "output_tokens": 100},
]
_PLAIN = 2 * (1_000 * _INPUT + 100 * _OUTPUT)


def _costs(usd: float | None) -> Callable[[ScenarioResult], bool]:
    return lambda played: played.cost_usd is None if usd is None else abs((played.cost_usd or 0.0) - usd) < 0.000_001


def _is_in_container(played: ScenarioResult) -> bool:
    return played.last_request.get("container") == "container_1"


def _first_was_forced(played: ScenarioResult) -> bool:
    return "tool_choice" not in played.last_request


def _counted(case: str, usage: JSONObject, usd: float | None, **more: Any) -> Scenario:
    script = (FIND_CALL.replace(usage={**_COUNTED, **usage}), FINAL_REPLY.replace(usage=_COUNTED))
    return completes_despite(FEATURES, case, script=script, requests=2, also=_costs(usd), **more)


def _force(request: JSONObject) -> Reply:
    assert request["tool_choice"] == {"type": "any"}
    return FIND_CALL


SCENARIOS = (
    completes_despite(
        FEATURES,
        "code waits in its container for a call",
        agent=replace(worker, tools=[find, _CODE]),
        script=(_MIXED, _RAN + FINAL_REPLY),
        saw=(PROMPT_MESSAGE, assistant_message(_MIXED), user_message(ok_result("c1", "tea: 4 EUR"))),
        requests=2,
        also=_is_in_container,
    ),
    _counted(
        "a compaction on the way is paid for",
        {"iterations": _COMPACTED},
        _PLAIN + 5_000 * _INPUT + 50 * _OUTPUT,
    ),
    _counted("a place with a price of its own", {"inference_geo": "us"}, _PLAIN * 1.05),
    _counted("a speed whose price is not known", {"speed": "fast"}, None),
    _counted(
        "the same under a budget", {"service_tier": "priority"}, None,
        agent=replace(worker, budget=Budget(max_cost_usd=1.0)),
    ),
    completes_despite(
        FEATURES,
        "a call is forced in the first turn only",
        agent=replace(worker, model="claude-haiku-4-5", settings=Settings(tool_choice="any")),
        script=(_force, FINAL_REPLY),
        saw=(PROMPT_MESSAGE, assistant_message(FIND_CALL), FIND_RESULT),
        requests=2,
        also=_first_was_forced,
    ),
)  # fmt: skip
