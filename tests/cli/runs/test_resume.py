"""`agentkit runs resume`: the agent is known, only what is missing is done, and what has ended needs nothing."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from agentkit import Agent, Journal
from agentkit.cli.main import main
from agentkit.messages.message import JSONObject
from agentkit.testing import Reply, script
from tests.cli.runs.recorded import CALLS, record_cut_run, record_run

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not-a-real-key")


def test_a_run_goes_on_where_it_was_interrupted(capsys: pytest.CaptureFixture[str]) -> None:
    record_cut_run("order-18")
    capsys.readouterr()
    with script(Reply.text("It may be ordered.")) as asked:
        assert main(["runs", "resume", "order-18"]) == 0
    out, err = capsys.readouterr()
    assert out == "It may be ordered.\n"
    assert "clerk: price is recorded  item=tea" in err.replace(" item", "  item").replace("   ", "  ")
    assert "calls price" not in err
    assert "Whether the call took effect is not known" in str(asked.requests[0]["messages"][-1])


def test_what_has_ended_needs_no_key_and_an_imported_run_its_agent(
    capsys: pytest.CaptureFixture[str], no_credentials: None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_API_KEY", "not-a-real-key")
        record_run("order-17")
    Journal("other.db").import_lines(Journal("runs.db").export("order-17"))
    capsys.readouterr()
    assert main(["runs", "resume", "order-17"]) == 0
    assert main(["run", "shop:clerk", "Order tea", "--journal", "runs.db", "--run-id", "order-17"]) == 0
    out, err = capsys.readouterr()
    assert out == "One tea is ordered.\n" * 2
    assert "order-17 has ended, and is not repeated" in err
    assert main(["runs", "resume", "order-17", "--journal", "other.db"]) == 2
    assert "--agent shop.agents:lead" in capsys.readouterr().err
    resume = ["runs", "resume", "order-17", "--journal", "other.db", "--agent"]
    assert main([*resume, "shop:clerk", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["output"] == "One tea is ordered."
    assert all(line["is_replayed"] for line in lines[:-1])
    assert main([*resume, "shop:typed"]) == 2
    assert "agent 'clerk'" in capsys.readouterr().err


def test_a_run_of_a_conversation_goes_on_behind_the_messages_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    clerk: Agent[None, str, str] = importlib.import_module("shop").clerk
    conversation = clerk.conversation()
    saved: list[JSONObject] = []

    async def talk() -> None:
        with script(Reply.text("Hello."), CALLS, Reply.text("Ordered.")):
            await conversation.send("Hello")
            saved.append(conversation.save())
            await conversation.send("Order tea", journal="whole.db", run_id="r")

    anyio.run(talk)
    Path("talk.json").write_text(json.dumps(saved[0]), encoding="utf-8")
    lines = [*Journal("whole.db").export("r")]
    Journal("runs.db").import_lines(lines[: 1 + next(n for n, line in enumerate(lines) if '"name":"model:1"' in line)])
    resume = ["runs", "resume", "r", "--agent", "shop:clerk"]
    assert main(resume) == 2
    assert "agentkit runs resume r --conversation FILE" in capsys.readouterr().err
    Path("no.json").write_text("tea", encoding="utf-8")
    for wrong, reason in (("no.json", "it is no JSON"), ("missing.json", "There is no file")):
        assert main([*resume, "--conversation", wrong]) == 2
        assert reason in capsys.readouterr().err
    with script(Reply.text("Ordered.")) as asked:
        assert main([*resume, "--conversation", "talk.json"]) == 0
    assert capsys.readouterr().out == "Ordered.\n"
    assert str(asked.requests[0]["messages"][0]["content"]).count("Hello")
    assert main([*resume, "--conversation", "talk.json"]) == 0  # it has ended: nothing is asked


def test_a_run_that_failed_goes_on_when_it_is_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    with script(CALLS, faults=[None, "status:400"]):
        assert main(["run", "shop:clerk", "Go", "--journal", "my runs.db", "--run-id", "r 1"]) == 1
    assert "agentkit runs resume 'r 1' --again --journal 'my runs.db'" in capsys.readouterr().err
    resume = ["runs", "resume", "r 1", "--journal", "my runs.db"]
    assert main(resume) == 1
    with script(Reply.text("Ordered.")):
        assert main([*resume, "--again"]) == 0
    assert capsys.readouterr().out == "Ordered.\n"
    assert main([*resume, "--again"]) == 2
    assert "only a run that failed" in capsys.readouterr().err


KILLED = """
import os
from agentkit import Agent, tool
from agentkit.simulator import Reply, Script, Simulator

@tool(effect="write")
async def pay(amount: int) -> str:
    if not os.environ.get("WORKS"):
        os.kill(os.getpid(), 9)
    return "paid"

mind = Script(Reply.tool("pay", amount=5), Reply.text("Ask the bank."))
if os.environ.get("WORKS"):
    mind = Script(Reply.text("Ask the bank."))
agent = Agent("payer", model="claude-opus-5-5", tools=[pay], client=Simulator(mind).direct_client())
"""


def test_a_run_outlives_its_process(shop: Path) -> None:
    (shop / "killed.py").write_text(KILLED, encoding="utf-8")
    command = [sys.executable, "-m", "agentkit"]
    first = [*command, "run", "killed:agent", "Pay", "--journal", "runs.db", "--run-id", "r"]
    assert subprocess.run(first, capture_output=True, timeout=60, check=False).returncode == -9
    again = subprocess.run(
        [*command, "runs", "resume", "r"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "WORKS": "1"},
        check=False,
    )
    assert (again.returncode, again.stdout) == (0, "Ask the bank.\n"), again.stderr
    assert "pay failed: The program stopped while `pay` was running" in again.stderr
