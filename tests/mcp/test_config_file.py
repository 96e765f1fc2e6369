"""The `mcpServers` file as other programs write it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentkit.errors import ConfigurationError
from agentkit.mcp import HttpServer, StdioServer
from agentkit.mcp.config_file import read_servers

GIT = {"command": "uvx", "args": ["mcp-server-git"]}


def written(folder: Path, servers: object) -> Path:
    path = folder / "mcp.json"
    path.write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_servers(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_both_kinds_of_servers_are_read(tmp_path: Path) -> None:
    servers = {
        "git": {**GIT, "env": {"A": "b"}, "cwd": "/repo", "autoApprove": ["git_log"]},
        "my docs": {"type": "http", "url": "https://example.com/mcp", "headers": {"authorization": "Bearer x"}},
        "off": {"command": "no", "disabled": True},
    }
    assert read_servers(written(tmp_path, servers)) == {
        "git": StdioServer("uvx", ["mcp-server-git"], {"A": "b"}, "/repo"),
        "my_docs": HttpServer("https://example.com/mcp", {"authorization": "Bearer x"}),
    }


def test_environment_variables_are_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCS_TOKEN", "abc")
    monkeypatch.setenv("DOCS_HOST", "")
    servers = {
        "docs": {"url": "https://${DOCS_HOST:-example.com}/mcp", "headers": {"authorization": "Bearer ${DOCS_TOKEN}"}}
    }
    docs = read_servers(written(tmp_path, servers))["docs"]
    assert docs == HttpServer("https://example.com/mcp", {"authorization": "Bearer abc"})


@pytest.mark.parametrize(
    ("servers", "words"),
    [
        ({"a": {"command": "${NOT_SET_HERE}"}}, "a: the environment variable NOT_SET_HERE is not set."),
        ({"a": {}}, "a: it takes either `command` or `url`."),
        ({"a": {**GIT, "url": "http://x"}}, "a: it takes either `command` or `url`."),
        ({"a": {"type": "sse", "url": "http://x"}}, "sse is not spoken here"),
        ({"a": {"url": "ftp://x"}}, "http or https"),
        ({"a": {"command": "x", "args": "y"}}, "mcpServers.a.args: Input should be a valid list"),
        ({"a": {"command": "x", "env": {"A": 1}}}, "mcpServers.a.env.A: Input should be a valid string"),
        ({"a b": GIT, "a_b": GIT}, "no second server can be named 'a_b'"),
        ([], "mcpServers: Input should be"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, servers: object, words: str) -> None:
    assert words in refusal(written(tmp_path, servers))


def test_a_file_of_a_windows_program_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    for encoding in ("utf-8-sig", "utf-16"):
        path.write_bytes('{"mcpServers": {"shop": {"command": "x"}}}'.encode(encoding))
        assert list(read_servers(path)) == ["shop"]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.json")
    path = tmp_path / "mcp.json"
    path.write_text("{", encoding="utf-8")
    assert "is not JSON" in refusal(path)
    path.write_text("[]", encoding="utf-8")
    assert "valid dictionary" in refusal(path)


def test_a_header_with_a_line_end_is_said_with_its_entry_and_without_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCS_TOKEN", "tea-token-1\n")
    servers = {"docs": {"url": "https://example.com/mcp", "headers": {"authorization": "Bearer ${DOCS_TOKEN}"}}}
    said = refusal(written(tmp_path, servers))
    assert "docs: The header 'authorization' of the MCP server https://example.com/mcp has a line end" in said
    assert "tea-token" not in said
