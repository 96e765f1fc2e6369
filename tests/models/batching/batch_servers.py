"""Servers of message batches for tests: with a clock of the test, and with answers that are lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agentkit.messages.message import JSONObject
from agentkit.simulator import BatchPace, Script, Simulator
from agentkit.simulator.http.wire import ConnectionLost, Headers, Response, error_response
from agentkit.testing import Reply

BATCHES = "/v1/messages/batches"


def double(request: JSONObject) -> Reply:
    """The output of an agent that doubles what it is told."""
    return Reply.output(2 * int(request["messages"][0]["content"]))


@dataclass
class BatchServer:
    """A simulator whose clock stands still, unless a request is answered, and which can lose or refuse answers."""

    answer: Callable[[JSONObject], Reply] = double
    seconds_per_request: float = 1.0
    expires_s: float = 86_400
    now: float = 0.0
    seconds_per_look: float = 1_000.0
    """Seconds that pass with each look at a batch."""
    losing: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Method and end of the path of requests that are worked on, but whose answer is lost; each once."""
    refusing: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    """Method, end of the path and status of requests that are refused; each once."""
    refusal: str = "No."
    """The text of these refusals."""
    calls: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Method and path of all requests."""

    def __post_init__(self) -> None:
        pace = BatchPace(self.seconds_per_request, self.expires_s, clock=lambda: self.now)
        self.simulator = Simulator(Script(self.answer), batch_pace=pace)

    async def handle(self, method: str, path: str, headers: Headers, body: bytes) -> Response:
        """See `Server.handle`."""
        self.calls.append((method, path))
        if method == "GET":
            self.now += self.seconds_per_look
        for one in self.refusing:
            if method == one[0] and path.endswith(one[1]):
                self.refusing.remove(one)
                return error_response(one[2], "api_error", self.refusal, {"request-id": "req_no"})
        response = await self.simulator.handle(method, path, headers, body)
        for lost in self.losing:
            if method == lost[0] and path.endswith(lost[1]):
                self.losing.remove(lost)
                raise ConnectionLost
        return response

    def count(self, method: str, end: str) -> int:
        """The number of requests so far with this method and end of the path."""
        return sum(one == method and path.endswith(end) for one, path in self.calls)

    def tiers(self) -> list[str]:
        """The service tiers of what was paid for, sorted."""
        return sorted(row.record["service_tier"] for row in self.simulator.ledger.rows if row.record)
