"""`agentkit run`: output on stdout, the rest on stderr, events as JSON."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agentkit.cli.arguments.connection import require_credentials
from agentkit.cli.main import main
from agentkit.testing import Reply, script
from tests.cli.shop_and_signals import hearing_ctrl_c

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not-a-real-key")


def test_the_output_is_data_and_the_tree_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with script(Reply.tool("price", item="tea"), Reply.text("Tea is 4 EUR.")):
        code = main(["run", "shop:clerk", "What is tea?"])
    out, err = capsys.readouterr()
    assert (code, out) == (0, "Tea is 4 EUR.\n")
    assert "clerk: calls price item=tea" in err
    assert "completed · 2 requests" in err


def test_a_typed_output_is_json_and_a_typed_input_may_be(capsys: pytest.CaptureFixture[str]) -> None:
    with script(Reply.output({"item": "tea", "count": 2})) as s:
        code = main(["run", "shop:typed", '{"item": "tea"}'])
    assert code == 0
    assert json.loads(capsys.readouterr().out) == {"item": "tea", "count": 2}
    assert s.requests[0]["messages"][0]["content"] == '{"item":"tea","count":1}'


def test_events_are_lines_of_json_and_the_last_is_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    with script(Reply.tool("price", item="tea"), Reply.text("Tea is 4 EUR.")):
        assert main(["run", "shop:clerk", "What is tea?", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["type"] == "run_started"
    assert {"tool_started", "tool_finished", "turn_finished"} <= {line["type"] for line in lines}
    assert lines[-1]["type"] == "result"
    assert lines[-1]["output"] == "Tea is 4 EUR."


def test_where_the_money_went_is_said_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with script(Reply.tool("price", item="tea"), Reply.text("Tea is 4 EUR.")):
        assert main(["run", "shop:clerk", "What is tea?", "--cost"]) == 0
    out, err = capsys.readouterr()
    assert out == "Tea is 4 EUR.\n"
    assert "100%  clerk: completed, 2 requests\n" in err
    with script(Reply.text("Tea is 4 EUR.")):
        assert main(["run", "shop:clerk", "What is tea?", "--cost", "--json"]) == 0
    tree = json.loads(capsys.readouterr().out.splitlines()[-1])["cost_tree"]
    assert (tree["name"], [part["name"] for part in tree["parts"]]) == ("clerk", ["claude-opus-5-5"])


@pytest.mark.parametrize(
    ("reply", "options", "code"),
    [
        (Reply.refusal("No."), [], 1),
        (Reply.tool("price", item="tea"), ["--max-turns", "1"], 4),
        (Reply.failure(401, "authentication_error"), [], 3),
        (Reply.failure(400, "invalid_request_error"), [], 1),
    ],
)
def test_the_exit_code_says_how_it_ended(reply: Reply, options: list[str], code: int) -> None:
    with script(reply):
        assert main(["run", "shop:clerk", "Go", *options]) == code


def test_a_prompt_may_come_from_a_file(shop: Path) -> None:
    (shop / "prompt.txt").write_text("From a file", encoding="utf-8")
    with script(Reply.text("Read.")) as s:
        assert main(["run", "shop:clerk", "@prompt.txt"]) == 0
    assert s.requests[0]["messages"][0]["content"] == "From a file"


def test_offline_only_tools_that_change_nothing_are_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "shop:clerk", "What is the price of tea?", "--offline"]) == 0
    out, err = capsys.readouterr()
    assert "not a language model" in out
    assert "calls order" not in err
    assert "offline" in err


WAITING = """
import anyio
from agentkit import Agent, tool
from agentkit.simulator import Reply, Script, Simulator

@tool
async def wait() -> str:
    await anyio.sleep_forever()

client = Simulator(Script(Reply.tool("wait"))).direct_client()
agent = Agent("waiter", model="claude-opus-5-5", tools=[wait], client=client)
"""


def test_the_first_ctrl_c_lands_with_what_was_done(shop: Path) -> None:
    (shop / "waiting.py").write_text(WAITING, encoding="utf-8")
    command = hearing_ctrl_c("run", "waiting:agent", "Go")
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "calls wait" in line:
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "cancelled" in err
    assert "Traceback" not in err


def test_on_a_terminal_a_tree_is_drawn(shop: Path) -> None:
    (shop / "scripted.py").write_text(
        "from agentkit import Agent\nfrom shop import price\n"
        "from agentkit.simulator import Reply, Script, Simulator\n"
        "mind = Script(Reply.tool('price', item='tea'), Reply.text('Tea is 4 EUR.'))\n"
        "agent = Agent('clerk', model='claude-opus-5-5', tools=[price], client=Simulator(mind).direct_client())\n",
        encoding="utf-8",
    )
    main_end, terminal = pty.openpty()
    drawn: list[bytes] = []

    def read() -> None:
        while True:
            try:
                data = os.read(main_end, 4096)
            except OSError:
                return
            drawn.append(data)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    command = [sys.executable, "-m", "agentkit", "run", "scripted:agent", "Go"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, text=True, env=environment)
    out, _ = process.communicate(timeout=30)
    os.close(terminal)
    reader.join(20)
    text = b"".join(drawn).decode()
    assert process.returncode == 0, text
    assert out == "Tea is 4 EUR.\n"
    assert "clerk" in text
    assert "price" in text
    assert "✓" in text


def test_with_a_key_the_sdk_is_not_imported_to_look_for_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anthropic", None)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
    require_credentials()
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(ImportError):
        require_credentials()
