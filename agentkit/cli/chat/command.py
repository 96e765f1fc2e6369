"""`agentkit chat MODULE:AGENT`: a conversation with an agent of your own, in the terminal or through a pipe."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from agentkit.cli.arguments.connection import OFFLINE_NOTE, choose_client
from agentkit.cli.arguments.prompt_source import read_prompt
from agentkit.cli.chat.slash_commands import HELP_TEXT, ConversationSaver, parse_slash_command
from agentkit.cli.commands.run import add_run_options, load_agent, parse_input
from agentkit.cli.terminal.exit_codes import CommandError, ExitCode, describe_error, exit_code_of
from agentkit.cli.terminal.text import terminal_width
from agentkit.messages.wrapping import HANGING_INDENT, wrap_text

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import AsyncGenerator

    from agentkit import RunHandle, RunResult
    from agentkit.cli.arguments.parsing import Subparsers
    from agentkit.cli.chat.input import PromptReader, TypedInput
    from agentkit.cli.chat.loop_thread import LoopThread
    from agentkit.cli.commands.run import AnyAgent
    from agentkit.cli.terminal.watching import Display
    from agentkit.models.overriding_client import Client

    Handle: TypeAlias = RunHandle[object]

_LEAVE_HINT = "Ctrl-C again, or Ctrl-D, leaves."


def add_command(commands: Subparsers, shared: ArgumentParser) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("chat", parents=[shared], help="talk with an agent of your own", description=__doc__)
    parser.add_argument("agent", metavar="MODULE:AGENT", help="where the agent is, for example `shop.agents:lead`")
    add_run_options(parser)
    parser.set_defaults(run=run_chat)


def run_chat(args: Namespace) -> ExitCode:
    """Run the agent on each prompt from stdin until it ends; answers go to stdout, everything else to stderr."""
    from agentkit.cli.chat.input import PromptReader
    from agentkit.cli.chat.loop_thread import LoopThread
    from agentkit.cli.chat.signals import KeyboardInterrupter

    agent = load_agent(args)
    client = choose_client(args, agent)
    keyboard = KeyboardInterrupter()
    reader = PromptReader(keyboard, is_stdout_data=args.json)
    if args.model:
        agent = replace(agent, model=args.model)
    if args.offline:
        _print_message(OFFLINE_NOTE)
    if reader.is_terminal:
        _print_message(f"{agent.name} is listening; /help says what there is, Ctrl-D leaves.")
    with keyboard, LoopThread(lambda: _open_client(agent, client)) as loop:
        try:
            code = _ChatSession(agent, client, reader, loop, as_json=args.json, is_debug=args.debug).run()
        except KeyboardInterrupt:
            _print_message("Interrupted.")
            code = ExitCode.INTERRUPTED
    if loop.is_stuck:
        _print_message("Something that a tool started has not ended; it is left behind.")
        sys.stdout.flush()
        os._exit(code)
    return code


@asynccontextmanager
async def _open_client(agent: AnyAgent, client: Client | None) -> AsyncGenerator[None]:
    """Keep the command's client, or the session that the runs share, open for the whole chat."""
    from agentkit import session

    if client is not None:
        try:
            yield
        finally:
            await client.close()
    elif isinstance(agent.model, str) and agent.client is None:
        async with session():
            yield
    else:
        yield


@dataclass
class _ChatSession:
    """One chat: reads inputs, runs the agent on prompts, and executes slash commands."""

    agent: AnyAgent
    client: Client | None
    reader: PromptReader
    loop: LoopThread
    as_json: bool
    is_debug: bool
    saver: ConversationSaver = field(default_factory=ConversationSaver)

    def __post_init__(self) -> None:
        self.conversation = self.agent.conversation()

    def run(self) -> ExitCode:
        """Handle inputs until the chat ends, and return the exit code.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed twice in a row at the prompt, or once where stdin is a pipe.
        """
        lines_at_press = -1
        while True:
            try:
                typed = self.reader.read_input()
                code = ExitCode.OK if typed is None else self._handle_input(typed)
            except CommandError as stop:
                self._print_failure(str(stop))
                continue
            except KeyboardInterrupt:
                if lines_at_press == self.reader.line_count or not self.reader.is_terminal:
                    raise
                lines_at_press = self.reader.line_count
                print(f"\n{_LEAVE_HINT}", file=sys.stderr, flush=True)
                continue
            if code is not None:
                if typed is None and self.reader.is_terminal:
                    print(file=sys.stderr)  # the shell's prompt gets a line of its own
                return code

    def _handle_input(self, typed: TypedInput) -> ExitCode | None:
        """Handle one input. An exit code ends the chat, None continues it."""
        if not typed.text.strip():
            return None
        if typed.is_quoted:
            return self._run_prompt(typed.text)
        match parse_slash_command(typed.text):
            case ("help", _):
                wrapped = wrap_text(HELP_TEXT, terminal_width(sys.stderr), HANGING_INDENT)
                print(wrapped, file=sys.stderr, flush=True)
            case ("new", _):
                self.conversation = self.agent.conversation()
                _print_message("A new conversation.")
            case ("save", name):
                _print_message(self.saver.save(name, self.conversation.messages))
            case ("quit", _):
                return ExitCode.OK
            case _:
                return self._run_prompt(read_prompt(typed.text) if typed.text.startswith("@") else typed.text)
        return None

    def _run_prompt(self, text: str) -> ExitCode | None:
        """Run the agent on a prompt. An exit code ends the chat: with wrong credentials every prompt fails."""
        from agentkit.cli.chat.display import ChatDisplay, print_run_footer
        from agentkit.cli.terminal.interrupts import handle_ctrl_c
        from agentkit.cli.terminal.watching import JsonLines
        from agentkit.errors import ConfigurationError

        prompt = parse_input(self.agent, text)
        handle = self.loop.run_coroutine(self._open_run(prompt))
        display: Display = JsonLines() if self.as_json else ChatDisplay(shows_text=self.agent.output_spec.is_text)
        began = time.monotonic()
        with handle_ctrl_c(lambda: self.loop.call_soon(handle.cancel), display.show_stopping):
            result = self.loop.run_coroutine(_follow_run(handle, display))
            if isinstance(result, Exception):
                if self.is_debug or isinstance(result, ConfigurationError):
                    raise result
                raise CommandError(f"{describe_error(result)}; --debug shows the traceback.") from result
            self._print_result(result)
            print_run_footer(result, time.monotonic() - began)
            if self.reader.is_terminal:
                print(file=sys.stderr, flush=True)  # air before the next prompt
        return exit_code_of(result) if exit_code_of(result) is ExitCode.CONFIGURATION else None

    async def _open_run(self, prompt: object) -> Handle:
        """Open a streamed run. A coroutine, because the run has to be created in the event loop's thread."""
        if self.client is None:
            return self.conversation.stream(prompt)
        return self.conversation.stream(prompt, client=self.client)

    def _print_result(self, result: RunResult[object]) -> None:
        """Print the answer unless it was streamed already; with `--json`, print the result as a line of JSON."""
        from agentkit.cli.terminal.text import print_answer
        from agentkit.cli.terminal.watching import print_json_line, result_to_json

        output = None if result.answer is None else self.agent.output_spec.form.inner.dump(result.answer.value)
        if self.as_json:
            print_json_line(result_to_json(result, output))
        elif result.answer is not None and not self.agent.output_spec.is_text:
            print_answer(output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, indent=2))
        sys.stdout.flush()  # keeps the answer above the footer where stdout and stderr go to one file

    def _print_failure(self, sentence: str) -> None:
        """Print why a prompt has no result; with `--json` on stdout too, so that readers do not wait for one."""
        from agentkit.cli.terminal.watching import print_json_line

        if self.as_json:
            print_json_line({"type": "error", "reason": sentence})
        _print_message(sentence)


def _print_message(sentence: str) -> None:
    """Print a message of the command itself on stderr."""
    from agentkit.cli.terminal.printing import print_message

    print_message(f"agentkit: {sentence}")


async def _follow_run(handle: Handle, display: Display) -> RunResult[object] | Exception:
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
                display.show_event(event)
    return handle.result
