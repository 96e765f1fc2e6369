"""Make Tools of the tools that a server lists: names, effects, descriptions; unusable ones are left out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from agentkit.errors import DefinitionError
from agentkit.log import log
from agentkit.mcp.annotations import Listed, hinted_effect
from agentkit.mcp.mcp_tool import McpTool, ServerBody
from agentkit.mcp.schemas import Fitted, fitted
from agentkit.schema.json_schema.checker import require_sound
from agentkit.tools.options import ToolOptions
from agentkit.tools.result_content import CHARS_PER_TOKEN

if TYPE_CHECKING:
    from agentkit.mcp.mcp_tool import Caller
    from agentkit.mcp.servers import Server
    from agentkit.tools.options import Effect

_UNFIT = re.compile(r"[^a-zA-Z0-9_-]")
_MOST_CHARS_OF_A_NAME = 128


@dataclass(frozen=True, slots=True)
class Mount:
    """The options with which one server is mounted; see `mounted`."""

    server: Server
    name: str
    trusts_annotations: bool
    effects: Mapping[str, Effect]
    timeout_s: float | None


Offer: TypeAlias = "Mapping[str, tuple[Listed, Fitted]]"
"""The usable tools of a server, by the names that the model sees."""


def usable(mount: Mount, listed: tuple[Listed, ...]) -> Offer:
    """Return the tools of a server that the API accepts; the rest is left out, and the log says why.

    Raises DefinitionError for two tools of one name, and for an effect of an unknown tool.
    """
    if unknown := mount.effects.keys() - {tool.name for tool in listed}:
        known = ", ".join(tool.name for tool in listed)
        raise DefinitionError(f"effects={sorted(unknown)}: the MCP server {mount.name!r} has {known or 'no tools'}.")
    offer: dict[str, tuple[Listed, Fitted]] = {}
    for tool in listed:
        name = name_of(mount.name, tool.name)
        if name in offer:
            raise DefinitionError(
                f"The tools {offer[name][0].name!r} and {tool.name!r} of the MCP server {mount.name!r} would both be "
                f"named {name!r}; ask its author for other names."
            )
        try:
            if tool.is_task:
                raise DefinitionError("it runs only as a task, which is not supported")
            offer[name] = (replace(tool, output_schema=_sound(tool.output_schema)), fitted(tool.input_schema))
        except DefinitionError as error:
            log().warning("a tool is left out", server=mount.name, tool=tool.name, reason=str(error))
    return offer


def tools_of(mount: Mount, offer: Offer, caller: Caller, *, defers: bool) -> list[McpTool]:
    """Return the tools as Tools that call the server. With `defers` the model finds them by the API's tool search."""
    tools: list[McpTool] = []
    for name, (listed, fit) in offer.items():
        effect = _effect(mount, listed)
        options: ToolOptions = {
            "effect": effect,
            "timeout_s": mount.timeout_s,
            "strict": False,  # a request takes few strict schemas: they are left to the agent's own tools
            "defer_loading": defers,
        }
        body = ServerBody(listed, fit, effect, mount.name, mount.trusts_annotations, caller)
        tools.append(McpTool(body, name, _description(listed, fit), options))
    return tools


def tokens_of(offer: Offer) -> int:
    """Return about how many tokens the definitions take in every request."""
    definitions = [{"name": name, "d": _description(*one), "s": one[1].shown} for name, one in offer.items()]
    return round(len(json.dumps(definitions)) / CHARS_PER_TOKEN)


def name_of(server: str, tool: str) -> str:
    """Return the name that the model sees, such as `git__git_log`, with only characters that the API accepts."""
    return f"{server}__{_UNFIT.sub('_', tool)}"[:_MOST_CHARS_OF_A_NAME]


def _sound(schema: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """Return an output schema if results can be checked against it; None if it is no valid JSON Schema."""
    try:
        require_sound(schema)
    except DefinitionError:
        return None
    return schema


def _effect(mount: Mount, listed: Listed) -> Effect:
    if listed.name in mount.effects:
        return mount.effects[listed.name]
    return hinted_effect(listed.annotations) if mount.trusts_annotations else "write"


def _description(listed: Listed, fit: Fitted) -> str:
    return "\n\n".join(part for part in (listed.description.strip(), fit.note) if part)
