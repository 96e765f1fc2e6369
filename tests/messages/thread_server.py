"""A server of message threads that keeps what was sent, also of what it refused, and refuses what it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from agentkit.messages.message import JSONObject
from agentkit.simulator import Reply, Script, Simulator
from agentkit.simulator.http.wire import Response, error_response
from agentkit.simulator.rules.refusal import Refusal


@dataclass
class Server(Simulator):
    """See above."""

    refuses: Callable[[JSONObject], Refusal | None] = lambda body: None
    came: list[JSONObject] = field(default_factory=list[JSONObject], init=False)

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        sent = json.loads(body)
        self.came.append(sent)
        if refusal := self.refuses(sent):
            return error_response(refusal.status, refusal.kind, refusal.message, details=refusal.details)
        return await super().handle(method, path, headers, body)

    @property
    def threads(self) -> list[str]:
        """What each body said of a thread."""
        return [body.get("thread", {"type": "none"})["type"] for body in self.came]

    def check(self) -> None:
        """Every conversation that was answered goes on from where the one before it was."""
        for before, after in pairwise(self.requests):
            assert after["messages"][: len(before["messages"])] == before["messages"]
            assert (after.get("system"), after.get("tools")) == (before.get("system"), before.get("tools"))


def playing(*replies: Reply, faults: tuple[str | None, ...] = (), **more: Any) -> Server:
    return Server(Script(*replies), faults=faults, **more)


def goes_on(body: JSONObject) -> bool:
    return bool(body.get("thread", {}).get("type") == "continue")
