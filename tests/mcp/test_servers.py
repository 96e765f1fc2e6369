"""Where a server is, and that no secret of it is shown."""

from __future__ import annotations

import pytest

from agentkit.errors import DefinitionError
from agentkit.mcp import HttpServer, InProcessServer, StdioServer
from agentkit.mcp.servers import McpServer


@pytest.mark.parametrize(
    ("server", "shown"),
    [
        (
            StdioServer("uvx", ["server-git", "--repository", "my repo"]),
            "`uvx server-git --repository 'my repo'`",
        ),
        (
            StdioServer("x", ["--api-key", "abc", "--token=d", "-v"]),
            "`x --api-key '[redacted]' '--token=[redacted]' -v`",
        ),
        (HttpServer("https://me:abc@example.com:8/mcp?key=abc"), "https://example.com:8/mcp"),
        (InProcessServer(object()), "the server in this process"),
    ],
)
def test_a_server_is_shown_without_its_secrets(server: McpServer, shown: str) -> None:
    assert str(server) == shown


def test_no_secret_is_in_a_repr() -> None:
    assert "abc" not in repr(StdioServer("x", env={"KEY": "abc"}))
    assert "abc" not in repr(HttpServer("https://x/?key=abc", {"authorization": "abc"}))


def test_what_cannot_be_a_server_is_refused() -> None:
    with pytest.raises(DefinitionError, match="a list of texts"):
        StdioServer("uvx", "server-git")
    with pytest.raises(DefinitionError, match="http or https"):
        HttpServer("localhost:8000/mcp")
