"""Replay other projects' recordings of real traffic, and compare the rules of the local Messages API with them.

    python -m benchmarks.recorded_traffic FOLDER

FOLDER holds vcrpy cassettes or recordings of ours, put there by hand: `tests/` of a clone of pydantic-ai, for example.
Every recorded request is replayed over HTTP and must get the recorded reply to the byte; the rules must accept every
request that the API accepted, and refuse with its error texts those that it refused. Prints a table and every
disagreement; exits with 1 when there is one.

A request is judged with the betas that it was recorded with. Cassettes often lack the headers: then with those alone
that are documented for what its body has, and under the version before the newest one. Models that are gone by now are
judged as `STAND_IN`.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import anyio
import httpx2

from agentkit import ConfigurationError
from agentkit.messages.message import JSONObject
from agentkit.messages.strict_json import parse_strict
from agentkit.simulator import Replay
from agentkit.simulator.model_behavior.models import find_model_facts
from agentkit.simulator.recordings.exchange import Exchange
from agentkit.simulator.recordings.recording import Recording
from agentkit.simulator.rules import Edition, refuse

STAND_IN = "claude-sonnet-4-5"
VERSION = "2023-06-01"
DOCUMENTED_BETAS: Mapping[str, str] = {
    "clear_thinking_20251015": "context-management-2025-06-27",
    "clear_tool_uses_20250919": "context-management-2025-06-27",
    "compact_20260112": "compact-2026-01-12",
    "summarize": "compact-2026-09-04",
    "url": "mcp-client-2025-04-04",
    "mcp_toolset": "mcp-client-2025-11-20",
    "tool_reference": "mid-conversation-tool-changes-2026-07-01",
    "tool_definition": "inline-tools-2026-09-15",
}
"""The beta that is documented for something, by the `type` that it has in a body."""
RULED = (200, 400, 404, 413)
"""Statuses that follow from a request alone."""
ENDPOINTS = {"/v1/messages": False, "/v1/messages/count_tokens": True}
"""The endpoints whose requests the rules judge; True for those that only count tokens."""


async def describe_replay_differences(recording: Recording) -> list[str]:
    """Return descriptions of the exchanges whose replay differs from the recording."""
    wrong: list[str] = []
    async with Replay(recording).serve() as base_url, httpx2.AsyncClient(base_url=base_url) as http:
        for exchange in recording.exchanges:
            kind = {"content-type": exchange.request_headers.get("content-type", "application/json")}
            answer = await http.request(
                exchange.method, exchange.path, content=exchange.request_body, headers=kind, follow_redirects=False
            )
            if (answer.status_code, answer.content) != (exchange.status, exchange.response_body):
                wrong.append(f"{exchange.origin}: replayed as {answer.status_code} {answer.text[:200]!r}")
    return wrong


def betas_of(exchange: Exchange, body: JSONObject) -> frozenset[str]:
    """Return the betas of a recorded request: those of its header, or else those documented for its body."""
    if "anthropic-beta" in exchange.request_headers:
        return Edition.from_headers({"anthropic-beta": exchange.request_headers["anthropic-beta"]}).betas
    tools = cast("list[JSONObject]", body.get("tools") or [])
    servers = cast("list[JSONObject]", body.get("mcp_servers") or [])
    management = cast("JSONObject", body.get("context_management") or {})
    said = [
        block for message in body["messages"] if isinstance(message["content"], list) for block in message["content"]
    ]
    parts = [
        *(server for server in servers if not any(tool.get("type") == "mcp_toolset" for tool in tools)),
        *(tool for tool in tools if servers),
        *management.get("edits", ()),
        body.get("compaction") or {},
        *(block.get("tool") or {} for block in said if block.get("type") in ("tool_addition", "tool_removal")),
    ]
    return frozenset(DOCUMENTED_BETAS[part["type"]] for part in parts if part.get("type") in DOCUMENTED_BETAS)


def describe_disagreement(exchange: Exchange) -> str:
    """Describe the difference between the rules and the API for one exchange. Empty: there is none."""
    body = cast("JSONObject", parse_strict(exchange.request_body.decode()))
    if exchange.status == 200 and find_model_facts(str(body["model"])) is None:
        body["model"] = STAND_IN
    is_counting = ENDPOINTS[exchange.path.partition("?")[0]]
    refusal = refuse(body, Edition(VERSION, betas_of(exchange, body)), counting=is_counting)
    ours = (refusal.status, refusal.message) if refusal else (200, "")
    real = (exchange.status, "")
    if exchange.status != 200:
        answer = cast("JSONObject", parse_strict(exchange.response_body.decode()))
        real = (exchange.status, str(answer["error"]["message"]))
    return "" if ours == real else f"{exchange.origin}: the API {real}, the rules {ours}"


def read_recordings(folder: Path) -> Iterator[Recording]:
    """Yield the recordings of a folder that have to do with the API, as far as they are readable."""
    for path in sorted(file for file in folder.rglob("*") if file.suffix in (".yaml", ".yml", ".jsonl")):
        if b"/v1/messages" not in path.read_bytes():
            continue
        try:
            yield Recording.load(path)
        except ConfigurationError as error:
            print(f"left out: {error}", file=sys.stderr)


def main() -> int:
    """Replay and judge everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    count: Counter[str] = Counter()
    wrong: list[str] = []
    for recording in read_recordings(parser.parse_args().folder):
        count["files"] += 1
        count["exchanges"] += len(recording.exchanges)
        count["streamed"] += sum(exchange.is_event_stream for exchange in recording.exchanges)
        lost = anyio.run(describe_replay_differences, recording)
        judged = [
            each for each in recording.exchanges if each.path.partition("?")[0] in ENDPOINTS and each.status in RULED
        ]
        differing = [text for each in judged if (text := describe_disagreement(each))]
        count["replayed to the byte"] += len(recording.exchanges) - len(lost)
        count["judged by the rules"] += len(judged)
        count["as the API did"] += len(judged) - len(differing)
        wrong += [*lost, *differing]
    if not count:
        print("No recording in this folder has to do with the Messages API.", file=sys.stderr)
        return 1
    print("| " + " | ".join(count) + " |\n|" + "---|" * len(count))
    print("| " + " | ".join(str(number) for number in count.values()) + " |")
    print("\n".join(wrong))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
