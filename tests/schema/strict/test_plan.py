"""Which tools are strict."""

import itertools
from typing import Any

from agentkit.schema.strict.plan import STRICT_LIMITS, StrictCandidate, StrictLimits, plan_strict


def tool(*required: str, optional: int = 0, unions: int = 0) -> dict[str, Any]:
    properties: dict[str, Any] = {name: {"type": "string"} for name in required}
    properties |= {f"o{i}": {"type": "string"} for i in range(optional)}
    properties |= {f"u{i}": {"anyOf": [{"type": "string"}, {"type": "null"}]} for i in range(unions)}
    names = [*required, *(f"u{i}" for i in range(unions))]
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


OPEN: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "string"}}


def test_tools_are_strict_where_they_fit() -> None:
    plan = plan_strict(
        [StrictCandidate("a", tool("x")), StrictCandidate("b", OPEN), StrictCandidate("c", tool("x"), wanted=False)]
    )
    assert plan.strict == {"a"}
    assert plan.reasons == {
        "b": "it has no strict form: an open dictionary: its keys are not named",
        "c": "strict=False was asked for",
    }


def test_at_most_so_many_tools() -> None:
    candidates = [StrictCandidate(f"t{i:02}", tool("x")) for i in range(25)]
    plan = plan_strict(candidates)
    assert plan.strict == {f"t{i:02}" for i in range(STRICT_LIMITS.tools)}
    assert plan.reasons["t20"] == "a request takes 20 strict tools"


def test_those_asked_for_come_first_and_small_ones_fill_what_is_left() -> None:
    limits = StrictLimits(tools=9, optional_parameters=3, union_parameters=1)
    candidates = [
        StrictCandidate("a", tool("x", optional=2)),
        StrictCandidate("b", tool("x", optional=1)),
        StrictCandidate("z", tool("x", optional=2), wanted=True),
        StrictCandidate("u", tool("x", unions=2)),
    ]
    plan = plan_strict(candidates, limits=limits)
    assert plan.strict == {"z", "b"}
    assert "optional parameters do not fit" in plan.reasons["a"]
    assert "unions do not fit" in plan.reasons["u"]


def test_the_output_format_takes_its_share() -> None:
    limits = StrictLimits(tools=9, optional_parameters=2, union_parameters=0)
    plan = plan_strict([StrictCandidate("a", tool(optional=1))], output=tool(optional=2), limits=limits)
    assert plan.strict == frozenset()


def test_the_order_of_the_tools_does_not_matter() -> None:
    large = tool("x", optional=10)
    candidates = [StrictCandidate("a", large), StrictCandidate("b", large, wanted=True), StrictCandidate("c", large)]
    plans = {plan_strict(order).strict for order in itertools.permutations(candidates)}
    assert plans == {frozenset({"a", "b"})}


def test_nested_parameters_count_once_per_definition() -> None:
    inner = tool(optional=2)
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/Inner"}, "b": {"$ref": "#/$defs/Inner"}},
        "required": ["a", "b"],
        "additionalProperties": False,
        "$defs": {"Inner": inner},
    }
    limits = StrictLimits(tools=1, optional_parameters=2, union_parameters=0)
    assert plan_strict([StrictCandidate("a", schema)], limits=limits).strict == {"a"}
