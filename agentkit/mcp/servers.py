"""MCP servers to mount: a program to start, an address, or an object in this process.

`str(server)` is for error messages: it shows no environment, header, password or query.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from agentkit.errors import DefinitionError
from agentkit.models.client_check import header_mistake
from agentkit.models.endpoint_errors import EndpointError
from agentkit.redaction.credentials import secret_values_of
from agentkit.redaction.redactor import REDACTED, Redactor, is_secret_name, text_without_secrets


@dataclass(frozen=True, slots=True)
class StdioServer:
    """A program that is started and used over its stdin and stdout: `StdioServer("uvx", ["mcp-server-git"])`.

    Raises DefinitionError for arguments that are not a list of texts.
    """

    command: str
    """The program."""
    args: Sequence[str] = ()
    """Its arguments, one string each."""
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Environment variables of the program. It inherits HOME, LOGNAME, PATH, SHELL, TERM and USER, and nothing else."""
    cwd: str | Path | None = None
    """The program's working directory. None: that of this process."""

    def __post_init__(self) -> None:
        args = cast("Sequence[object]", self.args)  # not checked yet: callers may pass anything
        if isinstance(args, str) or not all(isinstance(one, str) for one in args):
            raise DefinitionError("StdioServer(args=...): it takes a list of texts, one for each argument.")

    def __str__(self) -> str:
        return f"`{shlex.join([self.command, *_redacted_arguments(self.args)])}`"

    def secret_values(self) -> tuple[str, ...]:
        """Return the secrets that the program is given: in the environment, and in arguments that name one."""
        pairs = zip(self.args, _redacted_arguments(self.args), strict=True)
        hidden = [arg.partition("=")[2] if f"={REDACTED}" in safe else arg for arg, safe in pairs if arg != safe]
        return (*secret_values_of(self.env), *hidden)


@dataclass(frozen=True, slots=True)
class HttpServer:
    """A server at an address, over streamable HTTP: `HttpServer("https://example.com/mcp", headers={...})`.

    Raises DefinitionError for anything but an http or https address, and ConfigurationError for a header that HTTP
    does not take, such as a token with a line end; its value is not in the text.
    """

    url: str = field(repr=False)
    """The address of the server."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """HTTP headers of every request, credentials included."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise DefinitionError(f"HttpServer({str(self)!r}): it takes an address that starts with http or https.")
        try:
            _ = parts.port
        except ValueError as error:
            raise DefinitionError(f"HttpServer({str(self)!r}): {error}.") from None
        if (mistake := header_mistake(self.headers, f"the MCP server {self}")) is not None:
            raise EndpointError(mistake)

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def secret_values(self) -> tuple[str, ...]:
        """Return the secrets that are sent to the server: in headers, in the query, and the password of the address."""
        parts = urlsplit(self.url)
        password = () if parts.password is None else (unquote(parts.password),)
        return (*secret_values_of(self.headers), *secret_values_of(dict(parse_qsl(parts.query))), *password)


@dataclass(frozen=True, slots=True)
class InProcessServer:
    """A server object of the package `mcp` (`MCPServer` or the low-level `Server`), called without a transport."""

    server: object = field(repr=False)
    """The server object."""

    def __str__(self) -> str:
        return "the server in this process"

    def secret_values(self) -> tuple[str, ...]:
        """Return none: nothing is sent to it beside the calls."""
        return ()


def _redacted_arguments(args: Sequence[str]) -> Iterator[str]:
    """Yield the arguments with secrets redacted, such as the value in `--token abc` and `--token=abc`."""
    before = ""
    for arg in args:
        name, sign, value = arg.partition("=")
        if before.startswith("-") and is_secret_name(before) and not arg.startswith("-"):
            yield REDACTED
        elif value and is_secret_name(name):
            yield f"{name}{sign}{REDACTED}"
        else:
            yield text_without_secrets(arg)
        before = arg


McpServer: TypeAlias = StdioServer | HttpServer | InProcessServer
"""Any MCP server that can be mounted."""


def server_redactor(server: McpServer) -> Redactor:
    """Return the redactor for all texts that come from a server: it may repeat the secrets that it is sent."""
    return Redactor.of((), server.secret_values())
