"""Named collections of tools, and the tools of one agent by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.subschemas import is_object
from agentkit.tools.api_tools import check_api_tools, check_callers
from agentkit.tools.definition import Tool
from agentkit.tools.signature import source_location

AnyTool: TypeAlias = Tool[..., Any]
"""A tool, whatever its function takes and returns."""


@dataclass(frozen=True, slots=True)
class Toolset:
    """A named, frozen collection of tools: `Toolset("shop", [find_items, place_order])`.

    Use it wherever an agent takes tools. Raises DefinitionError for two tools of one name, naming both places.
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
    if callable(getattr(source, "as_tool", None)):
        return f"the agent {getattr(source, 'name', '')!r} is not a tool; write `.as_tool()` behind it"
    if isinstance(source, Toolset):
        return f"the Toolset {source.name!r} is not a tool; give its tools, `*{source.name}`"
    if callable(source):
        return f"`{getattr(source, '__name__', source)}` is a function without @tool; put @tool on it"
    return f"{source!r} is not a tool, a Toolset or one of the API's own tool dictionaries"
