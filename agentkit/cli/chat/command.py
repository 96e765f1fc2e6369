"""`agentkit chat MODULE:AGENT`: a conversation with an agent of your own, in the terminal or through a pipe."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from agentkit.cli.arguments.connection import OFFLINE_NOTE, connect
from agentkit.cli.arguments.prompt_source import read_prompt
from agentkit.cli.chat.slash_commands import HELP, Saving, as_command
from agentkit.cli.commands.run import add_options, agent_at, as_input
from agentkit.cli.terminal.exits import Exit, Stop, exit_of, told

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import AsyncGenerator

    from agentkit import RunHandle, RunResult
    from agentkit.cli.arguments.parsing import Commands
    from agentkit.cli.chat.input import PromptReader, Typed
    from agentkit.cli.chat.loop_thread import LoopThread
    from agentkit.cli.commands.run import AnyAgent
    from agentkit.cli.terminal.watching import Display
    from agentkit.models.client import Client

    Handle: TypeAlias = RunHandle[object]

_LEAVING = "Ctrl-C again, or Ctrl-D, leaves."


def add_to(commands: Commands, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("chat", parents=[shared], help="talk with an agent of your own", description=__doc__)
    parser.add_argument("agent", metavar="MODULE:AGENT", help="where the agent is, for example `shop.agents:lead`")
    add_options(parser)
    parser.set_defaults(run=run)


def run(args: Namespace) -> Exit:
    """Run the agent on each prompt from stdin until it ends; answers go to stdout, everything else to stderr."""
    from agentkit.cli.chat.display import say
    from agentkit.cli.chat.input import PromptReader
    from agentkit.cli.chat.loop_thread import LoopThread
    from agentkit.cli.chat.signals import Keyboard

    agent = agent_at(args)
    client = connect(args, agent)
    keyboard = Keyboard()
    reader = PromptReader(keyboard, is_stdout_data=args.json)
    if args.model:
        agent = replace(agent, model=args.model)
    if args.offline:
        say(OFFLINE_NOTE)
    if reader.is_terminal:
        say(f"{agent.name} is listening; /help says what there is, Ctrl-D leaves.")
    with keyboard, LoopThread(lambda: _staying_open(agent, client)) as loop:
        try:
            code = _Talk(agent, client, reader, loop, as_json=args.json, is_debugged=args.debug).go()
        except KeyboardInterrupt:
            say("Interrupted.")
            code = Exit.INTERRUPTED
    if loop.is_stuck:
        say("Something that a tool started has not ended; it is left behind.")
        sys.stdout.flush()
        os._exit(code)
    return code


@asynccontextmanager
async def _staying_open(agent: AnyAgent, client: Client | None) -> AsyncGenerator[None]:
    """Keep the command's client, or the session that the runs share, open for the whole chat."""
    from agentkit import session

    if client is not None:
        async with client:
            yield
    elif isinstance(agent.model, str) and agent.client is None:
        async with session():
            yield
    else:
        yield


@dataclass
class _Talk:
    """One chat: reads inputs, runs the agent on prompts, and executes slash commands."""

    agent: AnyAgent
    client: Client | None
    reader: PromptReader
    loop: LoopThread
    as_json: bool
    is_debugged: bool
    saving: Saving = field(default_factory=Saving)

    def __post_init__(self) -> None:
        self.conversation = self.agent.conversation()

    def go(self) -> Exit:
        """Handle inputs until the chat ends, and return the exit code.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed twice in a row at the prompt, or once where stdin is a pipe.
        """
        lines_at_press = -1
        while True:
            try:
                typed = self.reader.read()
                code = Exit.OK if typed is None else self._take(typed)
            except Stop as stop:
                self._complain(str(stop))
                continue
            except KeyboardInterrupt:
                if lines_at_press == self.reader.lines or not self.reader.is_terminal:
                    raise
                lines_at_press = self.reader.lines
                print(f"\n{_LEAVING}", file=sys.stderr, flush=True)
                continue
            if code is not None:
                if typed is None and self.reader.is_terminal:
                    print(file=sys.stderr)  # the shell's prompt gets a line of its own
                return code

    def _take(self, typed: Typed) -> Exit | None:
        """Handle one input. An exit code ends the chat, None continues it."""
        if not typed.text.strip():
            return None
        if typed.is_quoted:
            return self._send(typed.text)
        match as_command(typed.text):
            case ("help", _):
                print(HELP, file=sys.stderr, flush=True)
            case ("new", _):
                self.conversation = self.agent.conversation()
                self._say("A new conversation.")
            case ("save", name):
                self._say(self.saving.save(name, self.conversation.messages))
            case ("quit", _):
                return Exit.OK
            case _:
                return self._send(read_prompt(typed.text) if typed.text.startswith("@") else typed.text)
        return None

    def _send(self, text: str) -> Exit | None:
        """Run the agent on a prompt. An exit code ends the chat: with wrong credentials every prompt fails."""
        from agentkit.cli.chat.display import ChatLines, tell
        from agentkit.cli.terminal.interrupts import heard
        from agentkit.cli.terminal.watching import JsonLines
        from agentkit.errors import ConfigurationError

        prompt = as_input(self.agent, text)
        handle = self.loop.run(self._open(prompt))
        display: Display = JsonLines() if self.as_json else ChatLines(shows_text=self.agent.answer.is_text)
        began = time.monotonic()
        with heard(lambda: self.loop.call_soon(handle.cancel), display.stopping):
            result = self.loop.run(_follow(handle, display))
            if isinstance(result, Exception):
                if self.is_debugged or isinstance(result, ConfigurationError):
                    raise result
                raise Stop(f"{told(result)}; --debug shows the traceback.") from result
            self._show(result)
            tell(result, time.monotonic() - began)
        return exit_of(result) if exit_of(result) is Exit.CONFIGURATION else None

    async def _open(self, prompt: object) -> Handle:
        """Open a streamed run. A coroutine, because the run has to be created in the event loop's thread."""
        if self.client is None:
            return self.conversation.stream(prompt)
        return self.conversation.stream(prompt, client=self.client)

    def _show(self, result: RunResult[object]) -> None:
        """Print the answer unless it was streamed already; with `--json`, print the result as a line of JSON."""
        from agentkit.cli.terminal.text import show
        from agentkit.cli.terminal.watching import print_json, result_facts

        output = None if result.answer is None else self.agent.answer.form.inner.dump(result.answer.value)
        if self.as_json:
            print_json(result_facts(result, output))
        elif result.answer is not None and not self.agent.answer.is_text:
            show(output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, indent=2))
        sys.stdout.flush()  # keeps the answer above the footer where stdout and stderr go to one file

    def _complain(self, sentence: str) -> None:
        """Print why a prompt has no result; with `--json` on stdout too, so that readers do not wait for one."""
        from agentkit.cli.terminal.watching import print_json

        if self.as_json:
            print_json({"type": "error", "reason": sentence})
        self._say(sentence)

    def _say(self, sentence: str) -> None:
        from agentkit.cli.chat.display import say

        say(sentence)


async def _follow(handle: Handle, display: Display) -> RunResult[object] | Exception:
    """Show a run's events to its end. Returns an exception of the run as a value; one of the display is raised."""
    with display:
        async with handle:
            while True:
                try:
                    event = await anext(handle)
                except StopAsyncIteration:
                    break
                except Exception as error:  # noqa: BLE001 - an error in the agent's own code ends the run, not the chat
                    return error
                display.feed(event)
    return handle.result
