"""The server of a scenario: the local Messages API, which identifies agents by their instructions."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.server import FAULT_HEADER
from benchmarks.faults.scenario import KEY, PROMPT, Scenario

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

    from agentkit.simulator.http.wire import Response

OTHER_PROMPT = "What does coffee cost?"
"""The prompt of the other item of a map."""

_AGENTS_BY_INSTRUCTIONS = {"You work.": "worker", "You read.": "reader", "You lead.": "lead"}
# What differs from run to run: ids of calls that the script gives none, those of errors, signatures, amounts; and in a
# sub-agent the handles of artifacts.
_CHANGING = (
    (re.compile(r"toolu_[0-9a-f]{12}"), "toolu_"),
    (re.compile(r"error id [0-9a-f]{8}"), "error id X"),
    (re.compile(r'"signature": "[^"]*"'), '"signature": ""'),
    (re.compile(r"artifact-(?:\d+-)*(\d+)"), r"artifact-\1"),
    (re.compile(r"(does not cover another call): [^\"]+?(?=\")"), r"\1."),
)


class ScenarioServer:
    """Play one scenario's model, with its faults for the worker's requests only."""

    def __init__(self, scenario: Scenario) -> None:
        self.simulator = Simulator(Script(self._answer))
        self.request_counts: Counter[str] = Counter()
        """Number of requests by the name of the agent."""
        self.max_tokens_sent: list[int] = []
        """The `max_tokens` of the worker's requests."""
        self.last_request: JSONObject = {}
        """The worker's last request."""
        self.is_over = False
        """True if the scenario itself has ended, so that every request is answered."""
        self._scenario = scenario
        self._script = list(scenario.script)
        self._faults = list(scenario.faults)

    def client(self) -> AsyncAnthropic:
        """Return a client of this server."""
        from agentkit.simulator.http.transport import in_process_client

        return in_process_client(self).with_options(api_key=KEY)

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """See `agentkit.simulator.http.wire.Server`."""
        request: JSONObject = json.loads(body) if body else {}
        if path.partition("?")[0] == "/v1/messages" and not self.is_over:
            who = _agent_of(request)
            self.request_counts[who] += 1
            if who == "worker":
                self.last_request = request
                self.max_tokens_sent.append(request["max_tokens"])
                if self._faults and (fault := self._faults.pop(0)):
                    headers = {**headers, FAULT_HEADER: fault}
        return await self.simulator.handle(method, path, headers, body)

    def last_messages(self) -> list[JSONObject]:
        """Return the messages of the worker's last request, made comparable."""
        return comparable(self.last_request.get("messages", []))

    def unused_parts(self) -> list[str]:
        """Return descriptions of unused replies and faults, and of failures of the script."""
        left = [f"not said: {reply}" for reply in self._script] + [f"did not happen: {fault}" for fault in self._faults]
        return [
            *left,
            *self.simulator.unapplied_faults(),
            *(f"the script raised {error!r}" for error in self.simulator.failures),
        ]

    def _answer(self, request: JSONObject) -> Reply:
        if self.is_over:
            return self._scenario.otherwise
        match _agent_of(request):
            case "worker" if self._script:
                reply = self._script.pop(0)
                return reply(request) if callable(reply) else reply
            case "reader" if self._scenario.reads is not None:
                return self._scenario.reads(str(request["messages"][0]["content"]), self.request_counts["reader"])
            case "lead" if len(request["messages"]) == 1:
                return Reply.tool("worker", text=PROMPT)
            case "lead":
                return Reply.text("Well.")
            case "bystander":
                return self._scenario.otherwise
            case who:
                raise AssertionError(f"nothing is written for another request of the {who}")


def comparable(messages: Sequence[JSONObject]) -> list[JSONObject]:
    """Return the messages without the parts that differ from run to run."""
    text = json.dumps(list(messages))
    for pattern, replacement in _CHANGING:
        text = pattern.sub(replacement, text)
    found: list[JSONObject] = json.loads(text)
    return found


def _agent_of(request: JSONObject) -> str:
    system = request.get("system")
    who = _AGENTS_BY_INSTRUCTIONS.get(
        system if isinstance(system, str) else "", "worker"
    )  # its summary has another system prompt
    return "bystander" if who == "worker" and OTHER_PROMPT in json.dumps(request["messages"][0]) else who
