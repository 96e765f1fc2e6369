"""Decide which tools of a conversation are sent with strict mode, within the API's limits per request.

The decision is made once per conversation and depends on the tools alone, not on the order in which they were listed
or imported: tools with `strict=True` come first, then the others, each group by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.subschemas import walk_schemas
from agentkit.schema.strict.form import NotStrictable, strict_form


@dataclass(frozen=True, slots=True)
class StrictLimits:
    """The limits of one request, for all its strict schemas together, the output format's included."""

    tools: int
    """Number of strict tools."""
    optional_parameters: int
    """Number of properties that are not required, at any depth."""
    union_parameters: int
    """Number of schemas with `anyOf` or several types, at any depth."""


# Known from secondary sources only. A 400 about schema complexity means that the lossless form has to be sent.
STRICT_LIMITS = StrictLimits(tools=20, optional_parameters=24, union_parameters=16)
"""The API's limits, as far as they are known."""


@dataclass(frozen=True, slots=True)
class StrictCandidate:
    """A tool that may be sent with strict mode."""

    name: str
    schema: JSONObject
    """Its lossless `input_schema`."""
    wanted: bool | None = None
    """True: before the others; False: never; None: if it fits."""


@dataclass(frozen=True, slots=True)
class StrictPlan:
    """The decision for one conversation."""

    strict: frozenset[str]
    """Names of the tools whose strict form is sent."""
    reasons: Mapping[str, str]
    """The reason by tool name, in plain words, for every candidate that is not in `strict`."""


def plan_strict(
    candidates: Sequence[StrictCandidate], output: JSONObject | None = None, limits: StrictLimits = STRICT_LIMITS
) -> StrictPlan:
    """Decide which tools are strict.

    Args:
        candidates: The conversation's tools, in any order.
        output: The schema of the output format, which is always strict; None when no format is used.
        limits: The limits of one request.
    """
    left = limits
    if output is not None:
        left = _subtract_cost(left, output, tools=0)
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
        rest = _subtract_cost(left, form, tools=1)
        reason = _exceeded_limit(rest, limits)
        if reason:
            reasons[candidate.name] = reason
        else:
            strict.add(candidate.name)
            left = rest
    return StrictPlan(frozenset(strict), MappingProxyType(reasons))


def _subtract_cost(left: StrictLimits, schema: JSONObject, *, tools: int) -> StrictLimits:
    optional, unions = strict_cost(schema)
    return StrictLimits(left.tools - tools, left.optional_parameters - optional, left.union_parameters - unions)


def strict_cost(schema: JSONObject) -> tuple[int, int]:
    """Count the optional parameters and the unions of a schema; each definition counts once."""
    optional = unions = 0
    for part in walk_schemas(schema):
        properties = part.get("properties", {})
        optional += len(properties) - len(set(part.get("required", ())) & set(properties))
        unions += "anyOf" in part or isinstance(part.get("type"), list)
    return optional, unions


def _exceeded_limit(left: StrictLimits, limits: StrictLimits) -> str | None:
    if left.tools < 0:
        return f"a request takes {limits.tools} strict tools"
    if left.optional_parameters < 0:
        return f"its optional parameters do not fit: strict schemas may have {limits.optional_parameters} in all"
    if left.union_parameters < 0:
        return f"its unions do not fit: strict schemas may have {limits.union_parameters} in all"
    return None
