"""Bad input: one clear sentence, an exit code, no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agentkit.cli.main import main

BROKEN_TOOL = '''
from agentkit import Agent, tool

@tool
def find(words) -> str:
    """Find."""
    return ""
'''


def end(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    try:
        code = main(argv)
    except SystemExit as error:
        code = int(str(error.code))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.usefixtures("shop", "no_credentials")
@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["run", "shop", "Hi"], 2, "it is a module"),
        (["run", "shop:", "Hi"], 2, "no address"),
        (["run", "shp:clerk", "Hi"], 2, "Did you mean 'shop'"),
        (["run", "shop:clrk", "Hi"], 2, "Did you mean 'clerk'"),
        (["run", "shop.py:clerk", "Hi"], 2, "`shop:ATTRIBUTE`"),
        (["run", "shop:number", "Hi"], 2, "is no agent, it is a int"),
        (["run", "shop:needs", "Hi", "--offline"], 2, "deps of type Line"),
        (["run", "shop:clerk", "@missing.txt"], 2, "no file 'missing.txt'"),
        (["run", "shop:clerk", ""], 2, "nothing to ask"),
        (["run", "shop:clerk", "Hi"], 3, "ANTHROPIC_API_KEY"),
        (["run", "shop:clerk", "Hi", "--offline", "--base-url", "http://x"], 2, "exclude each other"),
        (["run", "shop:clerk", "Hi", "--base-url", "nonsense"], 2, "no address"),
        (["run", "shop:clerk", "Hi", "--base-url", "http://127.0.0.1:1"], 1, "could not be reached"),
        (["run", "shop:unknown", "Hi", "--offline"], 3, "does not know the model 'claude-opus-9'"),
        (["run", "shop:typed", '{"item": 5}', "--offline"], 2, "does not fit the agent's input: item"),
        (["demo", "--docs", "nowhere"], 3, "nowhere"),
        (["demo", "--docs", "empty"], 3, "empty"),
        (["demo", "--live"], 3, "ANTHROPIC_API_KEY"),
        (["tools", "call", "shop", "price", "--json", "{"], 2, "not JSON"),
        (["tools", "call", "shop", "prize"], 2, "no tool 'prize'; it has price, order"),
        (["tools", "call", "shop"], 2, "several tools"),
        (["tools", "list", "shop:number"], 2, "is a int, not a tool"),
        (["simulate", "--script", "missing.json"], 2, "no file 'missing.json'"),
        (["nonsense"], 2, "invalid choice"),
    ],
)
def test_bad_input_ends_in_one_sentence(
    argv: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str], shop: Path
) -> None:
    (shop / "empty").mkdir()
    got, out, err = end(capsys, *argv)
    assert got == code, err
    assert words in err
    assert "Traceback" not in err
    assert out == ""


def test_an_error_in_the_users_tool_is_said_with_its_place_and_the_fix(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "broken.py").write_text(BROKEN_TOOL, encoding="utf-8")
    code, _, err = end(capsys, "run", "broken:find", "Hi")
    assert code == 2
    assert "`words`" in err
    assert "broken.py:" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(("source", "words"), [("1/0", "ZeroDivisionError"), ("def f(:", "SyntaxError")])
def test_a_module_that_fails_is_said_with_file_and_line(
    source: str, words: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "wrong.py").write_text(source, encoding="utf-8")
    code, _, err = end(capsys, "run", "wrong:agent", "Hi")
    assert code == 2
    assert words in err
    assert "wrong.py:1" in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("shop")
def test_debug_shows_the_traceback() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "agentkit", "--debug", "run", "shop:clrk", "Hi"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" in process.stderr


def test_without_a_command_the_help_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = end(capsys)
    assert code == 2
    assert all(command in err for command in ("demo", "run", "tools", "simulate"))


def test_the_version_is_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert end(capsys, "--version")[:2] == (0, "agentkit 0.1.0\n")
