"""Named collections of tools, and the tools of one agent by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeAlias, cast

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.subschemas import is_object
from agentkit.tools.api_tools import check_api_tools, check_callers
from agentkit.tools.definition import Tool
from agentkit.tools.signatures.signature import source_location

AnyTool: TypeAlias = Tool[..., Any]
"""A tool, whatever its function takes and returns."""


@dataclass(frozen=True, slots=True)
class Toolset:
    """A named, frozen collection of tools: `Toolset("shop", [find_items, place_order])`.

    Use it wherever an agent takes tools. Raises DefinitionError for two tools of one name, naming both places.

    Args:
        name: The name of the collection, for people.
        tools: The tools, functions made by `@tool` or agents as tools.
    """

    name: str
    tools: Sequence[AnyTool]

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "tools", _checked_tools(self.tools))
            _tools_by_name(self.tools)
        except DefinitionError as error:
            raise DefinitionError(f"Toolset({self.name!r}): {error}") from error

    def __iter__(self) -> Iterator[AnyTool]:
        return iter(self.tools)

    def __len__(self) -> int:
        return len(self.tools)


ToolSource: TypeAlias = "AnyTool | Toolset | JSONObject"
"""Anything that an agent takes as a tool; a dict is a tool that the API executes (web search, code execution ...)."""


@dataclass(frozen=True, slots=True)
class AgentTools:
    """All tools of one agent: its own and those of the API."""

    tools: Mapping[str, AnyTool] = field(default_factory=dict[str, AnyTool])
    """The tools that run in this process, by name, in the given order."""
    api_tools: tuple[JSONObject, ...] = ()
    """The tools that the API runs, in the API's own form."""

    @classmethod
    def from_sources(cls, sources: Sequence[ToolSource]) -> AgentTools:
        """Collect tools and toolsets, and check each tool. Raises DefinitionError for colliding names and non-tools."""
        if not isinstance(sources, list | tuple):
            _require_list(sources)
        tools: list[AnyTool] = []
        api_tools: list[JSONObject] = []
        for source in sources:
            if isinstance(source, Tool):
                tools.append(source)
            elif isinstance(source, Toolset):
                tools.extend(source)
            elif is_object(source):
                api_tools.append(source)
            else:
                raise DefinitionError(_not_a_tool_text(source))
        by_name = _tools_by_name(tools)
        check_api_tools(api_tools, lambda name: _place(by_name[name]) if name in by_name else None)
        for tool in tools:
            check_callers(tool.name, tool.allowed_callers, api_tools)
            tool.resolve()
        return cls(by_name, tuple(api_tools))


def _require_list(sources: object) -> None:
    """Raise DefinitionError unless the sources can be read in their order, and again."""
    kind, text = type(sources).__name__, _not_a_tool_text(sources)
    is_one = isinstance(sources, str | bytes | Mapping)
    if isinstance(sources, Tool):
        raise DefinitionError(f"it takes a list of tools, not one tool: [{sources.name}]")
    if is_one or not isinstance(sources, Iterable):
        raise DefinitionError(f"it takes a list of tools, and {text}")
    if not isinstance(sources, Sequence | Toolset):
        raise DefinitionError(f"it takes a list of tools, not a {kind}: write `[...]`, whose order is fixed")


def _checked_tools(sources: object) -> tuple[AnyTool, ...]:
    if isinstance(sources, str) or not isinstance(sources, Iterable):
        raise DefinitionError(f"it takes a list of tools, not {sources!r}")
    tools = tuple(cast("Iterable[object]", sources))
    for tool in tools:
        if not isinstance(tool, Tool):
            raise DefinitionError(_not_a_tool_text(tool))
    return cast("tuple[AnyTool, ...]", tools)


def _tools_by_name(tools: Iterable[AnyTool]) -> dict[str, AnyTool]:
    found: dict[str, AnyTool] = {}
    for tool in tools:
        if (other := found.get(tool.name)) is tool:
            raise DefinitionError(f"two tools are named {tool.name!r}: the same one, of {_place(tool)}, is given twice")
        if other is not None:
            raise DefinitionError(
                f"two tools are named {tool.name!r}, at {_place(other)} and at {_place(tool)}; give one another name="
            )
        found[tool.name] = tool
    return found


def _place(tool: AnyTool) -> str:
    return f"`.as_tool()` of the agent {tool.name!r}" if tool.is_agent else source_location(tool.function)


def _not_a_tool_text(source: object) -> str:
    if callable(getattr(source, "as_tool", None)) and not isinstance(source, type):
        return f"the agent {getattr(source, 'name', '')!r} is not a tool; write `.as_tool()` behind it"
    if isinstance(source, Toolset):
        return f"the Toolset {source.name!r} is not a tool; give its tools, `*{source.name}`"
    if isinstance(source, type):
        return f"the class {source.__name__} is not a tool; make one, and give its methods: `tool(thing.method)`"
    if isinstance(source, ModuleType):
        found = [name for name, value in vars(source).items() if isinstance(value, Tool)] or ["..."]
        name = source.__name__.rpartition(".")[2]
        return f"the module {name} is not a tool; give its tools: [{', '.join(f'{name}.{one}' for one in found)}]"
    if isinstance(source, list | tuple | set | frozenset):
        kind = type(cast("object", source)).__name__
        return f"a {kind} among the tools is not a tool; unpack it: `*{kind}_of_tools`"
    if isinstance(source, str):
        return f"the text {source!r} is not a tool; give the tool itself, without quotes"
    if getattr(source, "__name__", "") == "as_tool":
        return "`as_tool` is not called; write `.as_tool()`"
    if callable(source):
        return f"`{getattr(source, '__name__', source)}` is a function without @tool; put @tool on it"
    return f"{source!r} is not a tool, a Toolset or one of the API's own tool dictionaries"
