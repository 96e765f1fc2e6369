"""Which tools of a conversation are strict: decided once, under the API's limits per request.

The decision depends on the tools alone, not on the order in which they were listed or imported: those that were
asked to be strict come first, then the others, each group by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.subschemas import walk
from agentkit.schema.strict.form import NotStrictable, strict_form


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may hold, over all its strict schemas, the output format's included."""

    tools: int
    """Strict tools."""
    optional_parameters: int
    """Properties that are not required, at any depth."""
    union_parameters: int
    """Schemas with `anyOf` or several types, at any depth."""


# Known from secondary sources only. A 400 about schema complexity means that the lossless form must serve.
LIMITS = Limits(tools=20, optional_parameters=24, union_parameters=16)
"""The API's limits as far as they are known: the one place to change them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tool that might be strict."""

    name: str
    schema: JSONObject
    """Its lossless `input_schema`."""
    wanted: bool | None = None
    """True: asked for; False: never; None: if it fits."""


@dataclass(frozen=True, slots=True)
class StrictPlan:
    """The decision for one conversation."""

    strict: frozenset[str]
    """Names of the tools whose strict form is sent."""
    reasons: Mapping[str, str]
    """Tool name -> why it is not strict, in plain words; every candidate that is not in `strict` has one."""


def plan_strict(
    candidates: Sequence[Candidate], output: JSONObject | None = None, limits: Limits = LIMITS
) -> StrictPlan:
    """Decide which tools are strict.

    Args:
        candidates: The conversation's tools, in any order.
        output: The schema of the output format, which is always strict; None when no format is used.
        limits: What fits into one request.
    """
    left = limits
    if output is not None:
        left = _take(left, output, tools=0)
    strict: set[str] = set()
    reasons: dict[str, str] = {}
    for candidate in sorted(candidates, key=lambda c: (c.wanted is not True, c.name)):
        if candidate.wanted is False:
            reasons[candidate.name] = "strict=False was asked for"
            continue
        try:
            form = strict_form(candidate.schema).schema
        except NotStrictable as error:
            reasons[candidate.name] = f"it has no strict form: {error}"
            continue
        rest = _take(left, form, tools=1)
        reason = _exceeded(rest, limits)
        if reason:
            reasons[candidate.name] = reason
        else:
            strict.add(candidate.name)
            left = rest
    return StrictPlan(frozenset(strict), MappingProxyType(reasons))


def _take(left: Limits, schema: JSONObject, *, tools: int) -> Limits:
    optional, unions = strict_cost(schema)
    return Limits(left.tools - tools, left.optional_parameters - optional, left.union_parameters - unions)


def strict_cost(schema: JSONObject) -> tuple[int, int]:
    """Optional parameters and unions of a schema, definitions counted once."""
    optional = unions = 0
    for part in walk(schema):
        properties = part.get("properties", {})
        optional += len(properties) - len(set(part.get("required", ())) & set(properties))
        unions += "anyOf" in part or isinstance(part.get("type"), list)
    return optional, unions


def _exceeded(left: Limits, limits: Limits) -> str | None:
    if left.tools < 0:
        return f"a request takes {limits.tools} strict tools"
    if left.optional_parameters < 0:
        return f"its optional parameters do not fit: strict schemas may have {limits.optional_parameters} in all"
    if left.union_parameters < 0:
        return f"its unions do not fit: strict schemas may have {limits.union_parameters} in all"
    return None
