"""Tools that the API defines: those that it executes itself, and those that the client executes.

The former are dictionaries in an agent's `tools=`; the latter need a function, `Tool.from_api(...)`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from agentkit.errors import DefinitionError
from agentkit.schema.json_schema.subschemas import is_object
from agentkit.tools.options import CODE_EXECUTION, DIRECT, is_for_code

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject

OPEN_SCHEMA: Final[JSONObject] = {"type": "object"}
"""The schema of a tool whose input only the API describes."""
_CLIENT_TYPES = ("memory_", "bash_", "text_editor_", "computer_", "browser_")
"""Beginnings of the types of tools that the client executes."""
TOOL_SEARCH: Final = "tool_search_tool_"
"""Beginning of the types of tools that search the definitions of others."""
_SERVER_TYPES = ("web_search_", "web_fetch_", CODE_EXECUTION, TOOL_SEARCH, "advisor_", "mcp_toolset")
"""Beginnings of the types of tools that the API executes. A type of neither kind is newer than this table."""

_KINDS_WITHOUT_FUNCTION = ("custom", "function")
"""Types of tools with a schema of their own: of the API, and of others."""


def is_toolset(definition: Mapping[str, object]) -> bool:
    """Return True for a toolset, whose members the model calls by their own names."""
    return "_toolset_" in str(definition.get("type"))


def param_name(param: Mapping[str, object]) -> str:
    """Return the name by which an agent's tool is found for its definition in a request. Empty: it has none."""
    return client_tool_name(dict(param)) if is_toolset(param) else str(param.get("name") or "")


def client_tool_name(definition: object) -> str:
    """Return the name of a tool that the client executes; a toolset has none of its own, so that of its family."""
    if not is_object(definition):
        return str(definition)
    kind = str(definition.get("type"))
    return kind.partition("_toolset_")[0] if is_toolset(definition) else str(definition.get("name") or kind)


def checked_client_tool(definition: object) -> JSONObject:
    """Return a copy of the definition of a tool that the client executes. Raises DefinitionError for anything else."""
    if not is_object(definition) or not isinstance(definition.get("type"), str) or definition["type"] == "custom":
        raise DefinitionError(
            'it takes the API\'s own dictionary, with its `type`: {"type": "memory_20250818", "name": "memory"}; a '
            "tool with a schema of your own is made with @tool or Tool.from_schema(...)"
        )
    kind: str = definition["type"]
    if kind.startswith(_SERVER_TYPES):
        raise DefinitionError(f"the API executes {kind} itself: give its dictionary to Agent(tools=[...]), as it is")
    if not is_toolset(definition) and not isinstance(definition.get("name"), str):
        raise DefinitionError(f"the definition of {kind} lacks its `name`")
    return copy.deepcopy(definition)


def check_api_tools(params: Sequence[JSONObject], place_of: Callable[[str], str | None]) -> None:
    """Check an agent's dictionaries of the API's tools against one another and against its other tools.

    `place_of` returns the place of the agent's tool of a name, or None. Raises DefinitionError.
    """
    names: set[object] = set()
    for param in params:
        name, kind = param.get("name"), param.get("type")
        if not isinstance(kind, str) or kind in _KINDS_WITHOUT_FUNCTION:
            raise DefinitionError(
                f"the dictionary of {name!r} has no function behind it; make it with Tool.from_schema(...), or give "
                "the `type` of one of the API's own tools"
            )
        if kind.startswith(_CLIENT_TYPES):
            raise DefinitionError(
                f"the API's tool {client_tool_name(param)!r} ({kind}) is executed by your program, and has no function "
                "here; make it with Tool.from_api({...}, function)"
            )
        if (place := place_of(str(name))) is not None:
            raise DefinitionError(f"the name {name!r} stands for one of the API's tools and for the tool of {place}")
        if name is not None and name in names:
            raise DefinitionError(f"two of the API's tools are named {name!r}")
        names.add(name)


def check_callers(name: str, allowed_callers: Sequence[str], params: Sequence[JSONObject]) -> None:
    """Raise DefinitionError for a tool that code may call, if none of the API's tools in `params` runs code."""
    if not is_for_code(allowed_callers) or any(str(param.get("type")).startswith(CODE_EXECUTION) for param in params):
        return
    example = {"type": next(caller for caller in allowed_callers if caller != DIRECT), "name": "code_execution"}
    raise DefinitionError(
        f"code may call the tool {name!r}, but the agent has nothing that runs code: add the API's code execution to "
        f"its tools, {example}"
    )
