"""Run a framework's program in one scenario, and record what is observable from the outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from agentkit.simulator import Script, Simulator
from agentkit.testing import served
from benchmarks.peers.environment import HERE
from benchmarks.peers.observation import Observation, ToolRun
from benchmarks.peers.scenarios import Scenario

_ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Framework:
    """A framework, by the name of its column, and the program that uses it."""

    name: str
    package: str
    program: str
    is_ours: bool = False


FRAMEWORKS = (
    Framework("agentkit", "claude-agentkit", "agentkit_agent", is_ours=True),
    Framework("SDK tool_runner", "anthropic", "sdk_tool_runner"),
    Framework("pydantic-ai", "pydantic-ai-slim", "pydantic_ai_agent"),
    Framework("langchain", "langchain", "langchain_agent"),
    Framework("agno", "agno", "agno_agent"),
    Framework("strands", "strands-agents", "strands_agent"),
)


def run_program(framework: Framework, python: Path, scenario: Scenario) -> Observation:
    """Run the program in the scenario, and return the observations.

    Raises RuntimeError when the program or the script, not the framework, is at fault.
    """
    simulator = Simulator(Script(scenario.play()), faults=scenario.faults)
    with tempfile.TemporaryDirectory() as folder, served(simulator) as base_url:
        log = Path(folder) / "tools.jsonl"
        log.touch()
        program = HERE / "programs" / "faults" / f"{framework.program}.py"
        command = [sys.executable if framework.is_ours else python, program, scenario.name, log]
        started_s = time.monotonic()
        stdout, stderr, is_over = _run([*map(str, command), *["streamed"] * scenario.is_streamed], base_url, scenario)
        seen = Observation(
            requests=list(simulator.requests),
            refusals=[refusal.message for refusal in simulator.refusals],
            runs=_tool_runs(log),
            is_over=is_over,
            seconds=time.monotonic() - started_s,
            stderr=stderr[-2_000:],
        )
    if simulator.failures:
        raise RuntimeError(f"{scenario.name}: the script failed: {simulator.failures}")
    if not is_over:
        return seen
    try:
        return replace(seen, **json.loads(stdout.strip().rpartition("\n")[2]))
    except (ValueError, TypeError) as error:
        raise RuntimeError(f"{framework.program} said nothing in {scenario.name}: {stdout} {stderr}") from error


def _run(command: list[str], base_url: str, scenario: Scenario) -> tuple[str, str, bool]:
    """Run a command; return its stdout, its stderr, and True if it ended by itself. Its process group is killed."""
    places = {"ANTHROPIC_BASE_URL": base_url, "ANTHROPIC_API_KEY": "any", "PYTHONPATH": str(_ROOT)}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **places},
    )
    is_over = True
    try:
        stdout, stderr = process.communicate(timeout=scenario.bound_s)
    except subprocess.TimeoutExpired:
        is_over = False
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if not is_over:
        stdout, stderr = process.communicate()
    return stdout, stderr, is_over


def _tool_runs(log: Path) -> list[ToolRun]:
    """Return the tools' runs in the order of their starts; an end closes the first open run with the same arguments."""
    runs: list[ToolRun] = []
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        if entry["what"] == "started":
            runs.append(ToolRun(entry["tool"], entry["arguments"], entry["at_s"]))
            continue
        at = next(
            index
            for index, run in enumerate(runs)
            if run.end == "running" and (run.tool, run.arguments) == (entry["tool"], entry["arguments"])
        )
        runs[at] = replace(runs[at], ended_s=entry["at_s"], end=entry["what"])
    return runs
