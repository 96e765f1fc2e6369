"""Bad input: one clear sentence, an exit code, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from agentkit.cli.arguments.parsing import decode_text_arguments
from agentkit.cli.arguments.prompt_source import read_prompt
from agentkit.cli.main import main
from agentkit.cli.terminal.exit_codes import CommandError
from tests.cli.shop_and_signals import SHOP

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
        (["run", "shop", "Hi"], 2, "it is a module: name one in it, as in `shop:"),
        (["run", "shop:", "Hi"], 2, "no address"),
        (["run", "..shop:clerk", "Hi"], 2, "no address"),
        (["run", "shp:clerk", "Hi"], 2, "Did you mean 'shop'"),
        (["run", "shop:clrk", "Hi"], 2, "Did you mean 'clerk'"),
        (["run", "shop.py:clerk", "Hi"], 2, "`shop:clerk`"),
        (["run", "shop:number", "Hi"], 2, "is no agent, it is a int"),
        (["run", "shop:needs", "Hi", "--offline"], 2, "deps of type Line"),
        (["run", "shop:clerk", "@missing.txt"], 2, "no file 'missing.txt'"),
        (["run", "shop:clerk", ""], 2, "nothing to ask"),
        (["run", "shop:clerk", "Hi"], 3, "ANTHROPIC_API_KEY"),
        (["run", "shop:clerk", "Hi", "--offline", "--base-url", "http://x"], 2, "exclude each other"),
        (["run", "shop:clerk", "Hi", "--base-url", "nonsense"], 2, "no address"),
        (["run", "shop:hasty", "Hi", "--base-url", "http://127.0.0.1:1"], 1, "could not be reached"),
        (["run", "shop:unknown", "Hi", "--offline"], 3, "does not know the model 'claude-opus-9'"),
        (["run", "shop:typed", '{"item": 5}', "--offline"], 2, "does not fit the agent's input: item"),
        (["run", "shop:clerk", "caf\udce9", "--offline"], 2, "PROMPT is not UTF-8 text: 'caf\\udce9'"),
        (["run", "shop:clerk", "\ud83d", "--offline"], 2, "PROMPT is not UTF-8 text"),
        (["run", "shop:clerk", "Hi", "--offline", "--model", "caf\udce9"], 2, "MODEL is not UTF-8 text"),
        (["demo", "caf\udce9"], 2, "QUESTION is not UTF-8 text"),
        (["tools", "call", "shop", "price", "--json", "caf\udce9"], 2, "JSON is not UTF-8 text"),
        (["run", "shop:clerk", "@caf\udce9.txt"], 2, "no file 'caf\\udce9.txt'"),
        (["demo", "--docs", "nowhere"], 3, "nowhere"),
        (["demo", "--docs", "empty"], 3, "empty"),
        (["demo", "--live"], 3, "ANTHROPIC_API_KEY"),
        (["tools", "call", "shop", "price", "--json", "{"], 2, "not JSON"),
        (["tools", "call", "shop", "prize"], 2, "no tool 'prize'; it has price, order"),
        (["tools", "call", "shop"], 2, "several tools"),
        (["tools", "list", "shop:number"], 2, "is a int, not a tool"),
        (["simulate", "--script", "missing.json"], 2, "no file 'missing.json'"),
        (["simulate", "--port", "65536"], 2, "no port"),
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


FAILING = """
from agentkit import Agent

def instructions(ctx):
    raise KeyError("no such customer")

agent = Agent("a", model="claude-opus-5-5", instructions=instructions)
"""


def test_what_the_users_code_raises_is_said_with_its_place(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "wrong.py").write_text(FAILING, encoding="utf-8")
    code, out, err = end(capsys, "run", "wrong:agent", "Hi", "--offline")
    assert (code, out) == (1, "")
    assert "KeyError: 'no such customer'" in err
    assert "wrong.py:5); --debug" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("redirection", "code", "words"),
    [(">&-", 0, ""), ("2>&-", 0, ""), (">/dev/full", 1, "no space left"), ("| true", 1, "closed it")],
)
def test_an_output_that_cannot_be_written_is_no_traceback(redirection: str, code: int, words: str, shop: Path) -> None:
    command = f"set -o pipefail; '{sys.executable}' -m agentkit tools schema shop {redirection}"
    if redirection == "| true":  # more than a pipe holds, so that it is noticed
        (shop / "shop.py").write_text(
            f"{SHOP}\nprice = tool(description='x' * 200_000)(price.function)\n", encoding="utf-8"
        )
    process = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert process.returncode == code, process.stderr
    assert words in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.usefixtures("shop")
def test_no_sentence_shows_a_secret(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "gw_7f3c9a21d4e84b55\n")
    assert main(["doctor", "--base-url", "http://ann:hunter2@127.0.0.1:gw_7f3c9a21d4e84b55"]) != 0
    err = capsys.readouterr().err
    assert "[redacted]" in err
    assert "hunter2" not in err
    assert "gw_7f3c9a21d4e84b55" not in err


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_files_of_windows_programs_are_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "prompt.txt"
    file.write_bytes("caf\u00e9".encode(encoding))
    assert read_prompt(f"@{file}") == "caf\u00e9"
    file.write_bytes(b"caf\xe9")
    with pytest.raises(CommandError, match="is not UTF-8 text"):
        read_prompt(f"@{file}")


def test_arguments_that_a_narrow_locale_could_not_decode_are_decoded() -> None:
    args = Namespace(prompt=os.fsdecode("caf\u00e9 \u20ac".encode()), docs=Path("x"), json=False, file="@caf\udce9")
    decode_text_arguments(args)
    assert (args.prompt, args.file) == ("caf\u00e9 \u20ac", "@caf\udce9")


TEXT_DOORS = """
import io, sys
from agentkit.cli.arguments.prompt_source import read_argument
from agentkit.cli.terminal.encoding import discard, escape_unencodable, print_log_line
escape_unencodable()
print(read_argument("-"))
sys.stderr.close()
print_log_line("nobody reads this")
"""


def test_stdin_is_read_and_stdout_is_written_in_any_locale() -> None:
    narrow = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    program = [sys.executable, "-c", TEXT_DOORS]
    text = '"caf\u00e9 \u20ac \U0001f600"'
    done = subprocess.run(program, input=text.encode("utf-16"), env=narrow, capture_output=True, check=True)
    assert json.loads(done.stdout.decode("ascii")) == text[1:-1]
    done = subprocess.run(program, input=b"caf\xe9", env=narrow, capture_output=True, check=False)
    assert b"CommandError: stdin is not UTF-8 text." in done.stderr
