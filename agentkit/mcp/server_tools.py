"""Make Tools of the tools that a server lists: names, effects, descriptions; unusable ones are left out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from agentkit.errors import DefinitionError
from agentkit.log import log
from agentkit.mcp.annotations import ListedTool, effect_from_annotations
from agentkit.mcp.mcp_tool import McpTool, McpToolBody
from agentkit.mcp.schemas import fitted
from agentkit.schema.json_schema.checker import require_valid_schema
from agentkit.schema.validation.api_form import ApiForm
from agentkit.tools.options import ToolOptions
from agentkit.tools.result_content import CHARS_PER_TOKEN

if TYPE_CHECKING:
    from agentkit.mcp.mcp_tool import ToolCaller
    from agentkit.mcp.servers import McpServer
    from agentkit.tools.options import Effect

_INVALID_NAME_CHARACTER = re.compile(r"[^a-zA-Z0-9_-]")
_MAX_NAME_CHARS = 128


@dataclass(frozen=True, slots=True)
class MountOptions:
    """The options with which one server is mounted; see `mounted`."""

    server: McpServer
    name: str
    trusts_annotations: bool
    effects: Mapping[str, Effect]
    timeout_s: float | None


UsableTools: TypeAlias = "Mapping[str, tuple[ListedTool, ApiForm]]"
"""The usable tools of a server, by the names that the model sees."""


def select_usable_tools(mount: MountOptions, listed: tuple[ListedTool, ...]) -> UsableTools:
    """Return the tools of a server that the API accepts; the rest is left out, and the log says why.

    Raises DefinitionError for two tools of one name, and for an effect of an unknown tool.
    """
    if unknown := mount.effects.keys() - {tool.name for tool in listed}:
        known = ", ".join(tool.name for tool in listed)
        raise DefinitionError(f"effects={sorted(unknown)}: the MCP server {mount.name!r} has {known or 'no tools'}.")
    usable: dict[str, tuple[ListedTool, ApiForm]] = {}
    for tool in listed:
        name = qualified_tool_name(mount.name, tool.name)
        if name in usable:
            raise DefinitionError(
                f"The tools {usable[name][0].name!r} and {tool.name!r} of the MCP server {mount.name!r} would both be "
                f"named {name!r}; ask its author for other names."
            )
        try:
            if tool.is_task:
                raise DefinitionError("it runs only as a task, which is not supported")
            usable[name] = (replace(tool, output_schema=_sound_schema(tool.output_schema)), fitted(tool.input_schema))
        except DefinitionError as error:
            log().warning("a tool is left out", server=mount.name, tool=tool.name, reason=str(error))
    return usable


def make_tools(mount: MountOptions, usable: UsableTools, caller: ToolCaller, *, defers: bool) -> list[McpTool]:
    """Return the tools as Tools that call the server. With `defers` the model finds them by the API's tool search."""
    tools: list[McpTool] = []
    for name, (listed, form) in usable.items():
        effect = _tool_effect(mount, listed)
        options: ToolOptions = {
            "effect": effect,
            "timeout_s": mount.timeout_s,
            "strict": False,  # a request takes few strict schemas: they are left to the agent's own tools
            "defer_loading": defers,
        }
        body = McpToolBody(listed, form, effect, mount.name, mount.trusts_annotations, caller)
        tools.append(McpTool(body, name, _tool_description(listed, form), options))
    return tools


def count_definition_tokens(usable: UsableTools) -> int:
    """Return about how many tokens the definitions take in every request."""
    definitions = [{"name": name, "d": _tool_description(*one), "s": one[1].shown} for name, one in usable.items()]
    return round(len(json.dumps(definitions)) / CHARS_PER_TOKEN)


def qualified_tool_name(server: str, tool: str) -> str:
    """Return the name that the model sees, such as `git__git_log`, with only characters that the API accepts."""
    return f"{server}__{_INVALID_NAME_CHARACTER.sub('_', tool)}"[:_MAX_NAME_CHARS]


def _sound_schema(schema: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """Return an output schema if results can be checked against it; None if it is no valid JSON Schema."""
    try:
        require_valid_schema(schema)
    except DefinitionError:
        return None
    return schema


def _tool_effect(mount: MountOptions, listed: ListedTool) -> Effect:
    if listed.name in mount.effects:
        return mount.effects[listed.name]
    return effect_from_annotations(listed.annotations) if mount.trusts_annotations else "write"


def _tool_description(listed: ListedTool, form: ApiForm) -> str:
    return "\n\n".join(part for part in (listed.description.strip(), form.note) if part)
