"""`agentkit chat`: a conversation through pipes; what goes wrong costs a run, never the conversation."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from agentkit.cli.main import main
from agentkit.simulator import Reply
from tests.cli.chat_terminal import TALKERS, answering, said
from tests.cli.shop_and_signals import hearing_ctrl_c


@pytest.fixture(autouse=True)
def talkers(shop: Path) -> None:
    (shop / "talkers.py").write_text(TALKERS, encoding="utf-8")


def chat(text: str | bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The command in this process, which saves the second that a new one needs; what a process would have told."""
    out, err = io.BytesIO(), io.BytesIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(io.TextIOWrapper(out, encoding="utf-8", write_through=True)),
        redirect_stderr(io.TextIOWrapper(err, encoding="utf-8", write_through=True)),
    ):
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text if isinstance(text, bytes) else text.encode())))
        code = main(["chat", *arguments])
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def test_each_line_of_a_pipe_is_a_prompt_of_one_conversation() -> None:
    replies = [Reply.tool("price", item="tea"), Reply.text("4 EUR."), Reply.text("It is tea.")]
    with answering(*replies) as simulator:
        command = [sys.executable, "-m", "agentkit", "chat", "shop:clerk"]
        lines = b"What is tea?\n\nAnd what is it?\n"
        done = subprocess.run(command, input=lines, capture_output=True, check=False, timeout=50)
    err = done.stderr.decode()
    assert (done.returncode, done.stdout) == (0, b"4 EUR.\nIt is tea.\n"), err
    assert "clerk: calls price item=tea" in err
    assert "clerk: price answered" in err
    assert err.count(" tokens in, ") == 2
    assert ">" not in err
    assert len(simulator.requests[-1]["messages"]) == 5


def test_lines_that_go_on_and_text_in_quotes_are_one_prompt_each() -> None:
    with answering(Reply.text("1"), Reply.text("2"), Reply.text("3")) as simulator:
        done = chat('a\\\nb\\\nc\n"""/new is\n\na word"""\n/etc/hosts is a file\n', "shop:clerk")
    assert done.returncode == 0, done.stderr
    assert said(simulator)[:2] == ["a\nb\nc", "/new is\n\na word"]
    assert "/etc/hosts is a file" in json.dumps(said(simulator))


@pytest.mark.parametrize("text", ['"""never closed\n', "goes on\\\n"])
def test_what_is_not_ended_is_not_sent(text: str) -> None:
    with answering() as simulator:
        done = chat(text, "shop:clerk")
    assert done.returncode == 0
    assert b"so it was not sent" in done.stderr
    assert simulator.requests == []


def test_a_file_is_sent_by_its_name_and_what_cannot_be_read_is_said(shop: Path) -> None:
    (shop / "prompt.txt").write_text("From a file", encoding="utf-8")
    with answering(Reply.text("Read.")) as simulator:
        done = chat(b"@missing.txt\n\xff\xfe\n@prompt.txt\n", "shop:clerk")
    assert (done.returncode, done.stdout) == (0, b"Read.\n")
    assert b"no file 'missing.txt'" in done.stderr
    assert b"not UTF-8" in done.stderr
    assert "From a file" in json.dumps(said(simulator))


def test_commands_help_begin_anew_save_and_quit(shop: Path) -> None:
    (shop / "mine.json").write_text("mine", encoding="utf-8")
    lines = "/help\nA\n/save talk.json\n/save talk.json\n/save mine.json\n/save\n/new\nB\n/hlep\n/quit\nC\n"
    with answering(Reply.text("One."), Reply.text("Two.")) as simulator:
        done = chat(lines, "shop:clerk")
    err = done.stderr.decode()
    assert (done.returncode, done.stdout) == (0, b"One.\nTwo.\n"), err
    saved = json.loads((shop / "talk.json").read_text(encoding="utf-8"))
    assert [message["role"] for message in saved] == ["user", "assistant"]
    assert said(simulator) == ["B"] or "A" not in json.dumps(said(simulator))
    for words in ("/save FILE", "2 messages written", "mine.json' exists", "needs the name", "no command /hlep"):
        assert words in err
    assert (shop / "mine.json").read_text(encoding="utf-8") == "mine"


def test_events_and_results_are_lines_of_json() -> None:
    with answering(Reply.tool("price", item="tea"), Reply.text("4 EUR."), Reply.refusal("No.")):
        done = chat("What is tea?\n@missing\nAnd?\n", "shop:clerk", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert {"run_started", "tool_started", "text_delta", "turn_finished"} <= {line["type"] for line in lines}
    results = [line for line in lines if line["type"] in {"result", "error"}]
    assert [result.get("outcome") for result in results] == ["completed", None, "refused"]
    assert results[0]["output"] == "4 EUR."
    assert "no file" in results[1]["reason"]


def test_sub_agents_are_seen_as_they_start_and_finish_but_only_the_agent_speaks() -> None:
    replies = [Reply.tool("clerk", objective="Tea?"), Reply.text("4."), Reply.text("It is 4 EUR.")]
    with answering(*replies):
        done = chat("Tea?\n", "talkers:lead")
    assert done.stdout == b"It is 4 EUR.\n"
    assert b"lead: calls clerk" in done.stderr
    assert b"lead: clerk answered" in done.stderr
    assert b"1 sub-agent run" in done.stderr


def test_a_typed_answer_is_shown_once_it_fits() -> None:
    with answering(Reply.output({"item": "tea", "count": "x"}), Reply.output({"item": "tea", "count": 2})):
        done = chat('{"item": 5}\n{"item": "tea"}\n', "talkers:typed")
    assert json.loads(done.stdout) == {"item": "tea", "count": 2}
    assert b"does not fit the agent's input: item" in done.stderr


def test_a_run_that_does_not_complete_is_told_and_the_chat_goes_on() -> None:
    replies = [Reply.failure(529, "overloaded_error")] * 6
    with answering(*replies, Reply.refusal("I would rather not."), Reply.text("Well.")):
        done = chat("A\nB\nC\n", "shop:hasty")
    err = done.stderr.decode()
    assert (done.returncode, done.stdout) == (0, b"Well.\n"), err
    assert err.count("clerk: asks again") == 5
    assert "agentkit: The API answered 529 overloaded_error" in err
    assert err.count("agentkit: ") == 2
    assert "Traceback" not in err


def test_what_the_agents_own_code_raises_costs_a_run_and_not_the_chat() -> None:
    with answering():
        done = chat("A\nB\n", "talkers:failing")
    err = done.stderr.decode()
    assert done.returncode == 0
    assert err.count("KeyError: 'no such customer'") == 2
    assert "Traceback" not in err


@pytest.mark.parametrize("reply", [Reply.failure(401, "authentication_error"), Reply.failure(403, "permission_error")])
def test_without_a_right_to_ask_the_chat_ends(reply: Reply) -> None:
    with answering(reply) as simulator:
        done = chat("A\nB\n", "shop:clerk")
    assert (done.returncode, len(simulator.requests)) == (3, 1)


@pytest.mark.usefixtures("no_credentials")
def test_without_credentials_nothing_is_asked() -> None:
    done = chat("A\n", "shop:clerk")
    assert done.returncode == 3
    assert b"ANTHROPIC_API_KEY" in done.stderr


def test_offline_needs_no_key_and_says_what_answers() -> None:
    done = chat("What is tea?\n", "shop:clerk", "--offline")
    assert done.returncode == 0
    assert b"not a language model" in done.stdout
    assert b"offline" in done.stderr


def test_without_an_input_it_ends_at_once() -> None:
    command = f"'{sys.executable}' -m agentkit chat shop:clerk --offline <&-"
    closed = subprocess.run(["bash", "-c", command], capture_output=True, check=False, timeout=50)
    for done in (closed, chat("", "shop:clerk", "--offline")):
        assert (done.returncode, done.stdout) == (0, b""), done.stderr


def test_through_a_pipe_ctrl_c_lands_the_run_and_the_next_line_is_asked() -> None:
    with answering(Reply.text("Let me see.") + Reply.tool("wait"), Reply.text("Better.")) as simulator:
        command = hearing_ctrl_c("chat", "talkers:waiter")
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        assert process.stderr is not None
        assert process.stdin is not None
        process.stdin.write("A\nB\n")
        process.stdin.flush()
        while "calls wait" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=40)
    assert (process.returncode, out) == (0, "Let me see.\nBetter.\n"), err
    assert "unfinished: waiter: wait" in err
    assert "The run was cancelled." in err
    assert "Traceback" not in err
    assert simulator.refusals == []
    assert "tool_result" in json.dumps(said(simulator))
