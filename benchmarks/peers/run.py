"""Let other people's frameworks hold a conversation with the local Messages API.

    python -m benchmarks.peers.run [--venv FOLDER]

Installs the peers at the versions of requirements.txt into a virtual environment of their own, serves a script over
HTTP, and runs each peer's small program against it: two parallel tool calls, their results, an answer. Prints a table;
exits with 1 when a peer did not get through, or when a rule refused something that it sent.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing import served
from benchmarks.peers.environment import DEFAULT_FOLDER, HERE, install, version_of

ANSWER = "Tea is 4.0 EUR and a cup 7.5 EUR."
DELIVERIES = ("whole", "streamed")


@dataclass(frozen=True)
class Peer:
    """A program and the ways to run it."""

    package: str
    program: str
    ways: tuple[tuple[str, ...], ...] = tuple((delivery,) for delivery in DELIVERIES)


PEERS = (
    Peer(
        "anthropic",
        "sdk_tool_runner",
        tuple((delivery, threads) for delivery in DELIVERIES for threads in ("threaded", "unthreaded")),
    ),
    Peer("anthropic", "sdk_endpoints", ((),)),
    Peer("pydantic-ai-slim", "pydantic_ai_agent"),
    Peer("langchain-anthropic", "langchain_agent"),
    Peer("agno", "agno_agent"),
    Peer("strands-agents", "strands_agent", (("streamed",),)),
)


def reply_to(request: JSONObject) -> Reply:
    """Reply with two calls at once, and with the answer when both have the results of the real functions."""
    contents = [message["content"] for message in request["messages"] if isinstance(message["content"], list)]
    results = [block for content in contents for block in content if block["type"] == "tool_result"]
    if not results:
        calls = Reply.tool("price", item="tea") + Reply.tool("price", item="cup")
        return (
            Reply.thinking("Two prices.") + Reply.text("Let me look. ") + calls
            if request.get("tools")
            else Reply.text("Hm.")
        )
    said = str(results)
    return Reply.text(ANSWER if "4.0" in said and "7.5" in said else f"These are no prices: {said}")


def run_peer(python: Path, peer: Peer, way: tuple[str, ...]) -> tuple[str, str]:
    """Run a peer one way; return the number of its requests, and the problems as text. Empty: there are none."""
    simulator = Simulator(Script(reply_to))
    with served(simulator) as base_url:
        command = [python, str(HERE / "programs" / f"{peer.program}.py"), base_url, *way]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    problems = [f"refused: {refusal.message}" for refusal in simulator.refusals]
    problems += [f"failed: {failure}" for failure in simulator.failures]
    if done.returncode or ANSWER not in done.stdout:
        problems.append(f"it ended with {done.stdout.strip()[-200:]!r} {done.stderr.strip()[-300:]}")
    return str(len(simulator.requests)), "; ".join(problems)


def main() -> int:
    """Run every peer every way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--venv", type=Path, default=DEFAULT_FOLDER, help="where the peers are installed (default: %(default)s)"
    )
    python = install(parser.parse_args().venv)
    has_failed = False
    print("| peer | version | case | requests | result |\n|---|---|---|---|---|")
    for peer in PEERS:
        version = version_of(python, peer.package)
        for way in peer.ways:
            requests, problem = run_peer(python, peer, way)
            has_failed = has_failed or bool(problem)
            name = " ".join([peer.program.replace("_", " "), *way])
            print(f"| {peer.package} | {version} | {name} | {requests} | {problem or 'ok'} |", flush=True)
    return int(has_failed)


if __name__ == "__main__":
    sys.exit(main())
