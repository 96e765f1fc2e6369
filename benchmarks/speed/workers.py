"""The processes of the benchmark: the server on one core, a program per framework on the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from benchmarks.speed.server import ReplyPlan

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@dataclass(frozen=True, eq=False)
class Runner:
    """A framework, and the program that drives it."""

    name: str
    program: str
    package: str
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    is_peer: bool = False
    """True if it is installed in the environment of the peers."""
    is_variant: bool = False
    """True if it is measured only where a row names it."""


SOCKET_AND_JSON = Runner("minimum: socket and JSON", "socket_and_json", "")
SDK = Runner("SDK loop, messages.stream", "sdk_loop", "anthropic")
SDK_FAST = Runner("SDK loop on aiohttp", "sdk_loop", "anthropic", {"SPEED_FAST": "1"})
TOOL_RUNNER = Runner("SDK tool_runner", "sdk_tool_runner", "anthropic")
AGENTKIT = Runner("agentkit", "agentkit_agent", "claude-agentkit")


def _agentkit_variant(name: str, variant: str) -> Runner:
    return Runner(f"agentkit, {name}", AGENTKIT.program, AGENTKIT.package, {"SPEED_VARIANT": variant}, is_variant=True)


GIVEN_CLIENT = _agentkit_variant("the SDK's client given", "given client")
READ_BY_STREAM = _agentkit_variant("read by stream()", "stream")
WITH_BUDGET = _agentkit_variant("with a budget", "budget")
ON_TRIO = _agentkit_variant("on trio", "trio")
PYDANTIC = Runner("pydantic's schemas", "pydantic_schemas", "pydantic", is_variant=True)
OURS = (SOCKET_AND_JSON, SDK, AGENTKIT, SDK_FAST, TOOL_RUNNER)
VARIANTS = (GIVEN_CLIENT, READ_BY_STREAM, WITH_BUDGET, ON_TRIO, PYDANTIC)
PEERS = (
    Runner("agno", "agno_agent", "agno", is_peer=True),
    Runner("pydantic-ai", "pydantic_ai_agent", "pydantic-ai-slim", is_peer=True),
    Runner("langchain", "langchain_agent", "langchain", is_peer=True),
    Runner(
        "openai-agents", "openai_agents_agent", "openai-agents", {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}, is_peer=True
    ),
    Runner("strands", "strands_agent", "strands-agents", is_peer=True),
)


@dataclass(frozen=True)
class Figures:
    """The figures of one order."""

    cpu_s: float
    wall_s: float
    calls: int
    peak_kb: int
    marks: list[tuple[float, float]]
    """The times of the tool's calls: by the wall clock, and by the CPU time of the process."""


class Worker:
    """A program in a process of its own, which takes orders one after another."""

    def __init__(self, runner: Runner, python: Path, core: int | None) -> None:
        places = {"PYTHONPATH": str(ROOT), **runner.environment, **({} if core is None else {"SPEED_CORE": str(core)})}
        self.runner = runner
        self._process = subprocess.Popen(
            [python, HERE / "programs" / f"{runner.program}.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **places},
        )
        self._read_line()

    def _read_line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.runner.name}: its program ended with {self._process.wait()}")
        return line

    def _send_order(self, order: dict[str, object]) -> dict[str, object]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._read_line())

    def run(self, server: str, play: ReplyPlan, **order: object) -> Figures:
        """Hold the conversations of an order: `agents` at once, each with `each` conversations, `streamed` or not.

        Raises RuntimeError when the tool was not called as often as the play has it.
        """
        order = {"agents": 1, "each": 1, "streamed": True, "turns": play.turns, **order}
        answer = self._send_order({"base_url": f"{server}/{play.path()}", **order})
        figures = Figures(**answer)  # type: ignore[arg-type]
        expected = (play.turns - 1) * play.calls * int(order["agents"]) * int(order["each"])  # type: ignore[call-overload]
        if figures.calls != expected:
            raise RuntimeError(f"{self.runner.name}: {figures.calls} calls of the tool instead of {expected}")
        return figures

    def compile_s(self, tools: int) -> float:
        """Return the CPU seconds that a number of tools takes from the functions to the form in which they are sent."""
        return float(self._send_order({"tools": tools})["cpu_s"])  # type: ignore[arg-type]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def server(core: int | None, *program: str) -> Iterator[tuple[str, int]]:
    """Run the fast server, or another program that serves as it does; yield its address and its process id."""
    places = {"PYTHONPATH": str(ROOT), **({} if core is None else {"SPEED_CORE": str(core)})}
    command = [sys.executable, *(program or ("-m", "benchmarks.speed.server"))]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **places}, cwd=ROOT
    ) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid
        finally:
            process.kill()


def cores() -> tuple[int | None, int | None]:
    """Return a core for the server and one for the programs; None where there are not two, or no way to choose."""
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        return None, None
    first, second, *_ = sorted(os.sched_getaffinity(0))
    return first, second
