"""`agentkit chat` at a terminal: what is typed, edited, given up, and interrupted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentkit.simulator import Reply
from tests.cli.chat_terminal import TALKERS, answering, at_a_terminal, said


@pytest.fixture(autouse=True)
def talkers(shop: Path) -> None:
    (shop / "talkers.py").write_text(TALKERS, encoding="utf-8")


def test_at_a_terminal_one_talks_presses_ctrl_c_and_goes_on() -> None:
    replies = [Reply.tool("price", item="tea"), Reply.text("4 EUR."), Reply.tool("wait"), Reply.text("Still here.")]
    with answering(*replies) as simulator, at_a_terminal("chat", "talkers:waiter") as terminal:
        terminal.wait_for("> ")
        terminal.type("What is tea?\n")
        for text in ("calls price", "price answered", "4 EUR.", "tokens in", "> "):
            terminal.wait_for(text)
        terminal.type("Wait.\n")
        terminal.wait_for("calls wait")
        terminal.type("\x03")
        for text in ("Stopping", "unfinished", "cancelled", "tokens in", "> "):
            terminal.wait_for(text)
        terminal.type("Are you here?\n")
        for text in ("Still here.", "> "):
            terminal.wait_for(text)
        terminal.type("\x04")
        assert terminal.leave() == 0, terminal.text
    assert "Traceback" not in terminal.text
    assert simulator.refusals == []
    assert len(simulator.requests) == 4


def test_ctrl_c_at_the_prompt_gives_up_what_was_typed_and_twice_in_a_row_leaves() -> None:
    with answering(Reply.text("Yes.")) as simulator, at_a_terminal("chat", "shop:clerk") as terminal:
        terminal.wait_for("> ")
        terminal.type("never sent\x03")
        terminal.wait_for("Ctrl-C again")
        terminal.wait_for("> ")
        terminal.type("sent\n")
        terminal.wait_for("Yes.")
        terminal.wait_for("> ")
        terminal.type('"""many\n')
        terminal.wait_for("... ")
        terminal.type("\x03")
        terminal.wait_for("Ctrl-C again")
        terminal.wait_for("> ")
        terminal.type("/help\n")
        terminal.wait_for("this text")
        terminal.wait_for("> ")
        terminal.type("\x03")
        terminal.wait_for("Ctrl-C again")
        terminal.type("\x03")
        assert terminal.leave() == 130, terminal.text
    assert "Traceback" not in terminal.text
    assert "never sent" not in json.dumps(simulator.requests)


def test_a_second_ctrl_c_while_a_run_ends_kills() -> None:
    with answering(Reply.tool("deaf")), at_a_terminal("chat", "talkers:waiter") as terminal:
        terminal.wait_for("> ")
        terminal.type("Go\n")
        terminal.wait_for("deaf now")
        terminal.type("\x03")
        terminal.wait_for("Ctrl-C again ends it at once")
        terminal.type("\x03")
        assert terminal.leave() == 130


def test_what_a_tool_leaves_behind_does_not_keep_the_process() -> None:
    with answering(Reply.tool("stuck")), at_a_terminal("chat", "talkers:waiter") as terminal:
        terminal.wait_for("> ")
        terminal.type("Go\n")
        terminal.wait_for("stuck now")
        terminal.type("\x03")
        terminal.wait_for("cancelled")
        terminal.wait_for("> ")
        terminal.type("\x04")
        assert terminal.leave() == 0, terminal.text
    assert "left behind" in terminal.text


def test_earlier_prompts_come_back_with_the_arrow_keys() -> None:
    replies = [Reply.text("1"), Reply.text("2")]
    with answering(*replies) as simulator, at_a_terminal("chat", "shop:clerk") as terminal:
        terminal.wait_for("> ")
        terminal.type("What is tea?\n")
        terminal.wait_for("tokens in")
        terminal.wait_for("> ")
        terminal.type("\x1b[A\n")
        terminal.wait_for("tokens in")
        terminal.type("/quit\n")
        assert terminal.leave() == 0
    assert json.dumps(said(simulator)).count("What is tea?") == 2


def test_a_models_words_cannot_move_the_cursor() -> None:
    with answering(Reply.text("a\x1b[2Jb")), at_a_terminal("chat", "shop:clerk") as terminal:
        terminal.wait_for("> ")
        terminal.type("Go\n")
        terminal.wait_for("tokens in")
        assert "\x1b[2J" not in terminal.text
