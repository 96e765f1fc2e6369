"""A scenario of the table of faults as a journaled run, and executions of it that go on from a cut."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio

from agentkit import Agent
from agentkit.simulator.http.wire import ConnectionLost, Response
from agentkit.simulator.server import FAULT_HEADER
from benchmarks.faults.agents import FAST, Deps, Task
from benchmarks.faults.play import ScenarioRun
from benchmarks.faults.scenario import PROMPT, Scenario
from benchmarks.faults.scenario_server import ScenarioServer
from tests.resumption.cuts import Cut, refuse_recorded
from tests.resumption.watched import RECORDED, Execution, WatchedJournal, step_now

RUN_ID = "r"


@dataclass
class WatchedDeps(Deps):
    """Dependencies that note which call does what."""

    execution: Execution = field(default_factory=Execution)

    def record(self, what: str) -> None:
        """See `Deps.record`."""
        super().record(what)
        self.execution.note_effect(what)


class WatchedServer(ScenarioServer):
    """A server that can begin behind the requests which an earlier execution has made."""

    def __init__(self, scenario: Scenario, execution: Execution) -> None:
        super().__init__(scenario)
        self.execution = execution
        self.bodies: list[tuple[str, str, Mapping[str, str], bytes]] = []
        """The requests of the run, as they came."""
        self.before: list[tuple[str, str, Mapping[str, str], bytes]] = []
        """Those of the conversation before it."""

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """See `ScenarioServer.handle`."""
        is_of_reader = self._scenario.reading is not None and not step_now()
        if path.partition("?")[0] == "/v1/messages" and not is_of_reader:
            is_allowed = self.execution.note_request(json.loads(body))
            self.bodies.append((method, path, headers, body))
            if not is_allowed:
                return await self.simulator.handle(method, path, {**headers, FAULT_HEADER: RECORDED}, body)
        return await super().handle(method, path, headers, body)

    async def begin_behind(self, first: WatchedServer, cut: Cut) -> None:
        """Live through the requests of the recorded steps, as the server of the first execution has.

        It refuses them from then on.
        """
        pairs = zip(first.execution.asked, first.bodies, strict=True)
        for given in (*first.before, *(given for asked, given in pairs if cut.is_below_recorded(asked.step))):
            with anyio.move_on_after(0.1), suppress(ConnectionLost):
                response = await super().handle(*given)
                async with aclosing(response.chunks) as chunks:
                    async for _ in chunks:
                        pass


class JournaledScenario(ScenarioRun):
    """A scenario that is recorded, or goes on."""

    def __init__(self, scenario: Scenario, path: Path, earlier: Any = None) -> None:
        self.execution = Execution()
        super().__init__(scenario, WatchedServer(scenario, self.execution), WatchedDeps(execution=self.execution))
        self._path = path
        self.earlier = earlier
        """The conversation before the run, as the first execution had it."""

    @property
    def server(self) -> WatchedServer:
        """The server."""
        assert isinstance(self.stage, WatchedServer)
        return self.stage

    async def live(self, way: str, after: tuple[WatchedServer, Cut] | None) -> None:
        """Run it in one of two ways, and read its events."""
        if way == "sub-agent":
            tools = [self.scenario.agent.as_tool()]
            agent: Any = Agent(
                "lead", model="claude-sonnet-5-5", instructions="You lead.", deps=Deps, tools=tools, retry=FAST
            )
            stream: Any = agent.stream
            prompt: object = "Go."
        else:
            chat = self.chat = await self._conversation()
            stream, prompt = chat.stream, Task(PROMPT)
        if after is not None:
            await self.server.begin_behind(*after)
            refuse_recorded(self.execution, after[0].execution, after[1])
        self.execution.asked.clear()
        self.server.before += self.server.bodies
        self.server.bodies.clear()
        self.execution.executed.clear()
        journal: Any = WatchedJournal(self._path, self.execution)
        async with stream(prompt, **self.options(), journal=journal, run_id=RUN_ID) as run:
            self.desk.cancel = run.cancel
            async for event in run:
                self.execution.events.append(event)
                if way == "run" or event.path[-1] == self.scenario.agent.name:
                    await self._read(event)
        self.execution.result = run.result

    async def _conversation(self) -> Any:
        if self.scenario.before is None:
            return await self._start_conversation()
        if self.earlier is None:
            chat = await self._start_conversation()
            self.earlier = chat.save()
            return chat
        return self.scenario.agent.conversation(self.earlier)


def execute(
    scenario: Scenario, way: str, path: Path, backend: str, after: tuple[JournaledScenario, Cut] | None = None
) -> JournaledScenario:
    """Execute a scenario, from its beginning or from a cut of its first execution."""
    played = JournaledScenario(scenario, path, None if after is None else after[0].earlier)
    random.seed(14)
    try:
        anyio.run(played.live, way, None if after is None else (after[0].server, after[1]), backend=backend)
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        played.stage.is_over = True
    return played
