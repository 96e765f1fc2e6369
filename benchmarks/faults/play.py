"""Run a scenario in one of the four ways, on asyncio or trio, and compare the result with the specification."""

from __future__ import annotations

import asyncio
import logging
import pickle
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any, TypeAlias

import anyio

from agentkit import Agent, Conversation, Done, Event, Outcome, RunResult, Settings, TurnReset
from agentkit.messages.message import JSONObject
from benchmarks.faults.agents import FAST, Deps, Task
from benchmarks.faults.scenario import EARLIER, PROMPT, Scenario, ScenarioResult
from benchmarks.faults.scenario_server import OTHER_PROMPT, ScenarioServer, comparable

_INTERRUPTS = (KeyboardInterrupt, SystemExit)
_SHOWN_CHARS = 300

Chat: TypeAlias = Conversation[Deps, Task, Any]


@dataclass
class ScenarioRun:
    """A scenario in progress."""

    scenario: Scenario
    stage: ScenarioServer
    desk: Deps = field(default_factory=Deps)
    chat: Chat | None = None
    """The worker's conversation, in the ways in which it can be continued."""
    result: RunResult[Any] | None = None
    """The worker's result. None: it was cancelled, or an interrupt ended it."""
    resets: int | None = None
    log: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])

    def options(self) -> Any:
        """Return the options of the run, the same in every way."""
        return {"deps": self.desk, "client": self.stage.client()}

    # -- the ways ----------------------------------------------------------------------------------------------

    async def run_plainly(self) -> None:
        """Run the worker by `await chat.send(...)`, as `agent.run` does."""
        self.chat = await self._start_conversation()
        with anyio.CancelScope() as scope:
            self.desk.cancel = scope.cancel
            self.result = await self.chat.send(Task(PROMPT), **self.options())

    async def run_as_stream(self) -> None:
        """Run the worker as a stream, and read its events to their end."""
        self.chat = await self._start_conversation()
        self.resets = 0
        async with self.chat.stream(Task(PROMPT), **self.options()) as run:
            self.desk.cancel = run.cancel
            async for event in run:
                self.resets += isinstance(event, TurnReset)
                await self._read(event)
        self.result = run.result

    async def run_as_sub_agent(self) -> None:
        """Run the worker as the tool of another agent."""
        tools = [self.scenario.agent.as_tool()]
        lead = Agent("lead", model="claude-sonnet-5-5", instructions="You lead.", deps=Deps, tools=tools, retry=FAST)
        async with lead.stream("Go.", **self.options()) as run:
            self.desk.cancel = run.cancel
            async for event in run:
                if event.path[-1] == self.scenario.agent.name:
                    await self._read(event)
        (self.result,) = run.result.children
        is_well = run.result.ok
        if is_well == (self.scenario.ends_tree or self.result.outcome is Outcome.CANCELLED):
            self.problems.append(f"the parent's run: {run.result.outcome}, {run.result.reason}")
        if self.stage.request_counts["lead"] != 1 + is_well:
            self.problems.append(f"the parent asked {self.stage.request_counts['lead']} times")

    async def run_as_map(self) -> None:
        """Run the worker in a map with another item."""
        wanted = self.scenario
        items, at_once = [Task(PROMPT), Task(OTHER_PROMPT)], 1 if wanted.ends_tree else 2
        with anyio.CancelScope() as scope:
            self.desk.cancel = scope.cancel
            one, other = await wanted.agent.map(items, concurrency=at_once, **self.options())
            self.result = one.result
            if isinstance(other, Done) != (wanted.is_other_well and not wanted.ends_tree):
                self.problems.append(f"the other item: {other}")
        is_cut = scope.cancelled_caught  # chance decides whether the other item had started
        if not is_cut and self.stage.request_counts["bystander"] != (0 if wanted.ends_tree else wanted.other_requests):
            self.problems.append(f"the other item asked {self.stage.request_counts['bystander']} times")

    async def _read(self, event: Event) -> None:
        if self.scenario.reading is not None:
            await self.scenario.reading(event, self.options())

    async def _start_conversation(self) -> Chat:
        agent, before, past = self.scenario.agent, self.scenario.before, self.scenario.past
        if before is None:
            return agent.conversation(past or None)
        earlier = before.conversation()
        await earlier.send(Task(EARLIER), **self.options())
        return agent.conversation(earlier.save() if before.name == agent.name else earlier.messages)

    # -- afterwards --------------------------------------------------------------------------------------------

    async def continue_conversation(self) -> list[str]:
        """Check that the API accepts the conversation that the run has left. Return the problems."""
        if self.chat is None:
            return []
        result = await self.chat.send("And then?", model="claude-opus-5-5", settings=Settings(), **self.options())
        return [] if result.ok else [f"the conversation cannot go on: {result.reason}"]

    def result_of_scenario(self, interrupt: BaseException | None) -> ScenarioResult:
        """Return the result of the scenario."""
        result, stage = None if self.result is None else pickle.loads(pickle.dumps(self.result)), self.stage  # noqa: S301
        if result != self.result:
            self.problems.append("the result is another one after the way into another process")
        saw: list[JSONObject] | None = stage.last_messages()
        outcome = type(interrupt).__name__ if interrupt else str(Outcome.CANCELLED)
        if result is None or result.outcome is Outcome.CANCELLED:
            kept = result.messages if result else self.chat.messages if self.chat else None
            saw = None if kept is None else comparable(kept)
        if bool(stage.simulator.refusals) != self.scenario.is_refused:
            self.problems.append(f"refused: {[refusal.message for refusal in stage.simulator.refusals]}")
        return ScenarioResult(
            outcome=str(result.outcome) if result else outcome,
            output=result.answer.value if result and result.answer else None,
            reason=result.reason if result else "",
            saw=saw,
            requests=stage.request_counts["worker"],
            requests_below=stage.request_counts["reader"],
            executed=self.desk.executed,
            max_tokens_sent=stage.max_tokens_sent,
            unfinished=[item.name for item in result.unfinished] if result else None,
            cost_usd=result.cost.total.usd if result else None,
            last_request=stage.last_request,
            request_id=result.error.request_id if result and result.error else None,
            resets=self.resets,
            log=self.log,
            problems=[*self.problems, *stage.unused_parts()],
        )


class _LogLines(logging.Handler):
    """Write every log record into a list, with its fields and traceback."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)  # with the traceback
        fields = {name: value for name, value in record.__dict__.items() if name != "exc_info"}
        self._lines.append(f"{text} {fields}")


@contextmanager
def _log_written_to(lines: list[str]) -> Generator[None]:
    handler, logger = _LogLines(lines), logging.getLogger("agentkit")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _ignore_interrupts(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Ignore asyncio's complaint that nobody retrieved the interrupt which ended the loop: it was raised here."""
    if not isinstance(context.get("exception"), _INTERRUPTS):
        loop.default_exception_handler(context)


def run_scenario(scenario: Scenario, way: str, backend: str) -> ScenarioResult:
    """Run a scenario from its beginning to its end, each time in an event loop of its own."""
    scenario_run = ScenarioRun(scenario, ScenarioServer(scenario))
    ways: dict[str, Callable[[], Awaitable[None]]] = {
        "run": scenario_run.run_plainly,
        "stream": scenario_run.run_as_stream,
        "sub-agent": scenario_run.run_as_sub_agent,
        "map": scenario_run.run_as_map,
    }
    interrupt: BaseException | None = None

    async def main() -> None:
        if backend == "asyncio":
            asyncio.get_running_loop().set_exception_handler(_ignore_interrupts)
        await ways[way]()

    try:
        with _log_written_to(scenario_run.log):
            anyio.run(main, backend=backend)
    except _INTERRUPTS as error:
        interrupt = error
    played = scenario_run.result_of_scenario(interrupt)
    scenario_run.stage.is_over = True
    return replace(played, problems=[*played.problems, *anyio.run(scenario_run.continue_conversation, backend=backend)])


def differences(scenario: Scenario, played: ScenarioResult) -> list[str]:
    """Return the differences between a result and its specification. Empty: there are none."""
    found = [
        f"{name} is {got!r}, not {wanted!r}"
        for name, got, wanted in (
            ("outcome", played.outcome, str(scenario.outcome)),
            ("output", played.output, scenario.output),
            ("requests", played.requests, scenario.requests),
            ("requests below", played.requests_below, scenario.requests_below),
            ("executed", sorted(played.executed), sorted(scenario.executed)),
        )
        if got != wanted
    ]
    if played.unfinished is not None and sorted(played.unfinished) != sorted(scenario.unfinished):
        found.append(f"unfinished is {played.unfinished}, not {scenario.unfinished}")
    wanted_saw = [comparable(messages) for messages in (scenario.saw, *scenario.or_saw)]
    if played.saw is not None and played.saw not in wanted_saw:
        pairs = zip_longest(played.saw, wanted_saw[0])
        found += [_difference(i, str(got), str(wanted)) for i, (got, wanted) in enumerate(pairs) if got != wanted]
    if scenario.reason not in played.reason:
        found.append(f"the reason is {played.reason!r}, without {scenario.reason!r}")
    if not scenario.also(played):
        found.append(f"{scenario.also.__name__} does not hold")
    return [*found, *played.problems]


def _difference(index: int, got: str, wanted: str) -> str:
    """Describe the place at which two messages begin to differ."""
    at = next((i for i, (one, other) in enumerate(zip(got, wanted, strict=False)) if one != other), 0)
    around = slice(max(0, at - _SHOWN_CHARS // 2), at + _SHOWN_CHARS)
    return f"message {index} is ...{got[around]}..., not ...{wanted[around]}..."
