"""`agentkit mcp`: what a server offers, and what a call of it gives."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentkit.cli.main import main
from tests.mcp.servers import serving, shop, wild


@pytest.fixture(autouse=True)
def _loggers_as_they_were() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]  # pytest calls it
    ours, theirs = logging.getLogger("agentkit"), logging.getLogger("mcp")
    handlers, level = list(ours.handlers), theirs.level
    yield
    ours.handlers[:] = handlers
    theirs.setLevel(level)


def command(**how: object) -> list[str]:
    server = wild(**how)
    return ["--command", server.command, *server.args]


def test_the_tools_of_a_program_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    tools = [
        {"name": "look", "description": "Look.\nAround.", "inputSchema": {"type": "object"}},
        {"name": "odd", "inputSchema": {"type": "object", "properties": {"a": {"type": "text"}}}},
        {"name": "safe", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}},
    ]
    assert main(["mcp", "list", *command(tools=tools)]) == 0
    out, err = capsys.readouterr()
    first, second = out.splitlines()
    assert first.split()[:2] == ["server__look", "write"]
    assert first.endswith(" tokens  Look.")
    assert second.split()[:2] == ["server__safe", "write"]
    assert "agentkit: a tool is left out [server=server tool=odd reason=" in err
    assert "The server says that 1 tool only read; --trust believes it." in err

    assert main(["mcp", "list", "--trust", "--json", *command(tools=tools)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["effect"] for row in rows] == ["write", "read"]


def test_the_servers_of_a_file_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = wild()
    path = tmp_path / "mcp.json"
    path.write_text(json.dumps({"mcpServers": {"one": {"command": server.command, "args": server.args}}}))
    assert main(["mcp", "list", "--config", str(path), "--trust"]) == 0
    assert capsys.readouterr().out.startswith("one__pid")


def test_a_tool_at_an_address_is_called_by_either_name(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(shop) as url:
        for name in ("left", "server__left"):
            where = ["--url", url, "--header", "authorization: Bearer x"]
            assert main(["mcp", "call", name, "--json", '{"item": "tea"}', *where]) == 0
            assert capsys.readouterr().out == "3\n"


def test_progress_of_a_call_is_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(shop) as url:
        assert main(["mcp", "call", "pack", "--json", '{"item": "tea"}', "--url", url]) == 0
    out, err = capsys.readouterr()
    assert (out, "packing tea" in err) == ("packed tea\n", True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["call", "refuse", "--json", '{"code": -32602, "message": "No."}'], 1, "No."),
        (["call", "give", "--json", "[]"], 2, "has to be a JSON object"),
        (["call", "nothing"], 2, "'nothing' names no tools; name one of server__pid"),
        (["call", "hang", "--timeout", "1"], 4, "hang did not answer within 1 s."),
    ],
)
def test_what_goes_wrong_ends_in_a_sentence(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mcp", *arguments, *command()]) == code
    assert words in capsys.readouterr().err


def test_a_server_that_does_not_start_is_a_matter_of_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mcp", "list", *command(last_words="No database.")]) == 3
    assert "No database." in capsys.readouterr().err
    assert main(["mcp", "list", "--command"]) == 2
    assert main(["mcp", "list", "--url", "http://127.0.0.1:1/mcp", "--header", "x"]) == 2


def test_an_image_is_printed_as_the_block_that_the_model_gets(capsys: pytest.CaptureFixture[str]) -> None:
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
    given = {"result": {"content": [{"type": "image", "data": png, "mimeType": "image/png"}]}}
    assert main(["mcp", "call", "give", "--json", json.dumps(given), *command()]) == 0
    assert json.loads(capsys.readouterr().out)["type"] == "image"
