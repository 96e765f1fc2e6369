"""Read an `mcpServers` JSON file, as Claude Desktop, Claude Code and others use it, into servers by name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agentkit.errors import ConfigurationError, DefinitionError
from agentkit.mcp.servers import HttpServer, McpServer, StdioServer
from agentkit.messages.text_encoding import decode_text

_VARIABLE_REFERENCE = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\}")
_INVALID_NAME_CHARACTER = re.compile(r"[^a-zA-Z0-9_-]")


class _ServerEntry(BaseModel):
    """One server in the file. Keys that only other programs know are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)

    command: str | None = None
    args: list[str] = []
    env: dict[str, str] = {}
    cwd: str | None = None
    type: Literal["stdio", "http", "streamable-http", "streamableHttp", "sse"] | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    disabled: bool = False


class _ServersFile(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    servers: Annotated[dict[str, _ServerEntry], Field(alias="mcpServers")]


def read_servers(path: Path) -> dict[str, McpServer]:
    """Return the servers of a file by the names under which they are mounted; `disabled` ones are left out.

    Raises ConfigurationError that names the file and the entry.
    """
    try:
        text = decode_text(path.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    try:
        entries = _ServersFile.model_validate(json.loads(text)).servers
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"{path}: {place}: {first['msg']}.") from None
    except ValueError as error:
        raise ConfigurationError(f"{path} is not JSON: {error}.") from error
    servers: dict[str, McpServer] = {}
    for given, entry in entries.items():
        if entry.disabled:
            continue
        name = _INVALID_NAME_CHARACTER.sub("_", given)
        if name in servers or not name:
            raise ConfigurationError(f"{path}: no second server can be named {given!r}; change its name.")
        try:
            servers[name] = _server_from_entry(entry)
        except (ConfigurationError, DefinitionError, LookupError) as error:
            raise ConfigurationError(f"{path}: {given}: {error.args[0]}") from error
    return servers


def _server_from_entry(entry: _ServerEntry) -> McpServer:
    """Make a server of an entry. Raises LookupError for an unset variable, DefinitionError for an invalid entry."""
    if entry.type == "sse":
        raise DefinitionError("the transport sse is not spoken here; give the server's address for streamable HTTP.")
    if (entry.command is None) == (entry.url is None):
        raise DefinitionError("it takes either `command` or `url`.")
    if entry.command is not None:
        args = [_substitute_variables(one) for one in entry.args]
        cwd = None if entry.cwd is None else _substitute_variables(entry.cwd)
        return StdioServer(_substitute_variables(entry.command), args, _substitute_all_variables(entry.env), cwd)
    return HttpServer(_substitute_variables(str(entry.url)), _substitute_all_variables(entry.headers))


def _substitute_all_variables(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: _substitute_variables(text) for name, text in texts.items()}


def _substitute_variables(text: str) -> str:
    """Return the text with `${NAME}` and `${NAME:-default}` replaced by environment variables."""

    def variable_value(match: re.Match[str]) -> str:
        default: str | None = match["default"]
        found = os.environ.get(match["name"])
        if default is not None:
            return found or default  # like `:-` in a shell: an empty variable counts as not set
        if found is None:
            raise LookupError(f"the environment variable {match['name']} is not set.")
        return found

    return _VARIABLE_REFERENCE.sub(variable_value, text)
