"""Where a server is, and that no secret of it is shown."""

from __future__ import annotations

import pytest

from agentkit.errors import ConfigurationError, DefinitionError
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
    with pytest.raises(DefinitionError, match="Port out of range"):
        HttpServer("http://localhost:99999/mcp")


@pytest.mark.parametrize("value", ["Bearer tea-token-1\n", "tea-token-1\u2026", "tea-token-1\0"])
def test_a_header_that_http_does_not_take_is_refused_without_its_value(value: str) -> None:
    with pytest.raises(
        ConfigurationError, match="The header 'authorization' of the MCP server https://x/mcp"
    ) as caught:
        HttpServer("https://x/mcp", headers={"authorization": value})
    assert "tea-token" not in str(caught.value)


def test_the_secrets_that_a_server_is_given_are_known() -> None:
    headers = {"authorization": "Bearer one", "accept": "text/plain"}
    assert HttpServer("https://ann:p%20w@x/mcp?api_key=two&v=1", headers).secret_values() == (
        "Bearer one",
        "one",
        "two",
        "two",
        "p w",
    )
    started = StdioServer("x", ["--api-key", "abc", "--token=d=", "-v"], env={"SHOP_TOKEN": "e", "LANG": "C"})
    assert started.secret_values() == ("e", "e", "abc", "d=")
    assert InProcessServer(object()).secret_values() == ()
