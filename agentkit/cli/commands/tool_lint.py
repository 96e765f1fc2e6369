"""Lint rules for tool definitions that models misuse. Each finding states the problem and the remedy.

The sources are Anthropic's guidance (Writing effective tools for agents; the pages on tool definitions and on advanced
tool use) and our own measurements. A rule checks one tool, or all of them together.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal, TypeAlias

from agentkit.messages.printable import plural
from agentkit.schema.json_schema.subschemas import resolve_reference, walk_schemas
from agentkit.schema.strict.form import NotStrictable, strict_form

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.tools.toolset import AnyTool

Severity: TypeAlias = Literal["problem", "hint"]

CHARS_PER_TOKEN = 3.5
"""An estimate; the API's `count_tokens` is exact."""

_LEAST_DESCRIPTION_CHARS = 60
_MOST_PARAMETERS = 20
_MOST_TOOL_TOKENS = 1_000
_MOST_TOOLS, _MOST_TOKENS = 10, 10_000
_MOST_NAME_CHARS = 64
_MIN_OPTIONAL_FOR_EXAMPLE = 5
_SIMILAR_RATIO = 0.85
_VAGUE_NAMES = frozenset(
    (
        *("user", "customer", "account", "person", "client", "contact", "team", "company", "organization"),
        *("order", "product", "category", "invoice", "payment", "session", "document", "file", "page"),
        *("project", "issue", "ticket", "message", "thread", "channel", "event"),
    )
)
_SPECIFIC_WORDS = re.compile(
    r"\b(id|ids|identifier|name|e-?mail|address|path|url|title|text|number|key|code|slug)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A problem or a hint that a rule found."""

    rule: str
    severity: Severity
    tool: str
    """The name of the tool; empty for a finding about all of them."""
    text: str

    def __str__(self) -> str:
        return f"{self.tool or 'all tools'}: [{self.rule}] {self.text}"


def find_issues(tools: Sequence[AnyTool]) -> list[LintFinding]:
    """Return the findings of all rules: problems first, then hints, each sorted by tool."""
    found = [
        LintFinding(rule.name, rule.severity, tool.name, text)
        for tool in tools
        for rule in RULES
        for text in rule.check(tool)
    ]
    found += [
        LintFinding(name, "hint", tool, text) for name, check in TOOL_SET_RULES.items() for tool, text in check(tools)
    ]
    return sorted(found, key=lambda finding: (finding.severity == "hint", finding.tool == "", finding.tool))


def estimate_tokens(tool: AnyTool) -> int:
    """Estimate the tokens that a tool's definition takes in every request."""
    return round(len(json.dumps(tool.to_param())) / CHARS_PER_TOKEN)


@dataclass(frozen=True, slots=True)
class LintRule:
    """A rule that checks one tool at a time."""

    name: str
    severity: Severity
    check: Callable[[AnyTool], Iterable[str]]
    """Yields a sentence for each finding."""


def _no_description(tool: AnyTool) -> Iterator[str]:
    if not tool.description:
        yield "it has no description, and the model only its name: say what it does, when to use it, and when not."


def _short_description(tool: AnyTool) -> Iterator[str]:
    if 0 < len(tool.description) < _LEAST_DESCRIPTION_CHARS:
        yield "its description is short: say what it does, when to use it and when not, and what comes back."


def _undocumented_parameter(tool: AnyTool) -> Iterator[str]:
    silent = [name for name, schema in _properties(tool) if not schema.get("description")]
    if silent:
        yield f"nothing is said of {_quoted_names(silent)}: describe each parameter in the docstring's `Args:`."


def _vague_parameter(tool: AnyTool) -> Iterator[str]:
    for name, schema in _properties(tool):
        is_plain = resolve_reference(schema, tool.input_schema).get("type") in ("string", "integer")
        if name in _VAGUE_NAMES and is_plain and not _SPECIFIC_WORDS.search(str(schema.get("description", ""))):
            yield f"`{name}` does not say what it holds: call it `{name}_id` or `{name}_name`, or describe it."


def _many_parameters(tool: AnyTool) -> Iterator[str]:
    count = len([*_properties(tool)])
    if count > _MOST_PARAMETERS:
        yield f"it has {count} parameters: split it, or group those that go together in an object."


def _open_parameter(tool: AnyTool) -> Iterator[str]:
    for name, schema in _properties(tool):
        parts = [resolve_reference(part, tool.input_schema) for part in walk_schemas(schema)]
        is_untyped = any(not part.keys() - {"description", "title", "default"} for part in parts)
        if is_untyped:
            yield f"`{name}` takes any value: give it a type, so that the model knows what to write."
        elif any(part.get("type") == "object" and "properties" not in part for part in parts):
            yield f"`{name}` takes an object with any keys: name them in a model or dataclass where you know them."


def _no_effect(tool: AnyTool) -> Iterator[str]:
    if tool.declared_effect is None and not tool.is_agent:
        yield (
            'no effect is declared, so it counts as a write that is never run twice: @tool(effect="read") where a call '
            'changes nothing lets it run again and start early, "idempotent" lets it run again.'
        )


def _no_example(tool: AnyTool) -> Iterator[str]:
    schemas = [resolve_reference(schema, tool.input_schema) for _, schema in _properties(tool)]
    is_nested = any(
        "properties" in resolve_reference(part, tool.input_schema)
        for schema in schemas
        for part in walk_schemas(schema)
    )
    optional = len(schemas) - len(tool.input_schema.get("required", ()))
    if not tool.examples and not tool.is_agent and (is_nested or optional >= _MIN_OPTIONAL_FOR_EXAMPLE):
        yield "its arguments are not simple and no example shows them: give one to five, @tool(examples=[...])."


def _not_strict(tool: AnyTool) -> Iterator[str]:
    try:
        strict_form(tool.input_schema)
    except NotStrictable as error:
        yield f"it has no strict form, so the server does not hold the model to its schema: {error}."


def _large_tool(tool: AnyTool) -> Iterator[str]:
    if (size := estimate_tokens(tool)) > _MOST_TOOL_TOKENS:
        yield f"it takes about {size:,} tokens of every request: shorten descriptions, or split it."


def _long_name(tool: AnyTool) -> Iterator[str]:
    if len(tool.name) > _MOST_NAME_CHARS:
        yield f"its name has {len(tool.name)} characters; other servers of this API take {_MOST_NAME_CHARS}."


RULES = (
    LintRule("no-description", "problem", _no_description),
    LintRule("undocumented-parameter", "problem", _undocumented_parameter),
    LintRule("many-parameters", "problem", _many_parameters),
    LintRule("open-parameter", "problem", _open_parameter),
    LintRule("vague-parameter", "hint", _vague_parameter),
    LintRule("short-description", "hint", _short_description),
    LintRule("no-effect", "hint", _no_effect),
    LintRule("no-example", "hint", _no_example),
    LintRule("not-strict", "hint", _not_strict),
    LintRule("large", "hint", _large_tool),
    LintRule("long-name", "hint", _long_name),
)
"""The rules that check each tool by itself."""


def _similar_names(tools: Sequence[AnyTool]) -> Iterator[tuple[str, str]]:
    for one, other in combinations([tool.name for tool in tools], 2):
        same_words = sorted(re.split(r"[_-]", one)) == sorted(re.split(r"[_-]", other))
        if same_words or difflib.SequenceMatcher(None, one, other).ratio() >= _SIMILAR_RATIO:
            yield one, f"its name is nearly that of `{other}`: the model mixes them up; say in the name what differs."


def _many_tools(tools: Sequence[AnyTool]) -> Iterator[tuple[str, str]]:
    size = sum(map(estimate_tokens, tools))
    if len(tools) >= _MOST_TOOLS or size > _MOST_TOKENS:
        size_text = f"{plural(len(tools), 'tool')}, about {size:,} tokens of every request"
        yield "", f"{size_text}: fewer, larger ones serve better; or let the model search for them (`defer_loading`)."


TOOL_SET_RULES: dict[str, Callable[[Sequence[AnyTool]], Iterable[tuple[str, str]]]] = {
    "similar-names": _similar_names,
    "many-tools": _many_tools,
}
"""The rules that check all tools together, by name. Each yields pairs of a tool's name, or "", and a sentence."""


def _properties(tool: AnyTool) -> Iterator[tuple[str, JSONObject]]:
    yield from tool.input_schema.get("properties", {}).items()


def _quoted_names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
