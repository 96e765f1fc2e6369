"""An agent inside a Starlette service: one route streams the answer as server-sent events.

The client may disconnect at any moment; the run and everything below it are then cancelled, and nothing is left behind.
`python examples/06_starlette_service.py` serves a scripted model on port 8000, with `--live` Claude:
`curl -N -d 'What is tea?' http://127.0.0.1:8000/ask`
"""

import contextlib
import json
import sys

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agentkit import Agent, RunHandle, TextDelta, tool
from agentkit.testing import Reply, script


@tool(effect="read")
async def price(item: str) -> float:
    """Look up the price of an item in EUR."""
    await anyio.sleep(0.2)
    return {"tea": 4.0, "coffee": 5.5}[item]


assistant = Agent("assistant", model="claude-haiku-5-5", instructions="Answer in one sentence.", tools=[price])


class RunResponse(Response):
    """Stream a run's text, and cancel the run when the client disconnects."""

    media_type = "text/event-stream"

    def __init__(self, run: RunHandle[str]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._run = run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the run ends or the client disconnects, whichever comes first."""
        async with self._run, anyio.create_task_group() as tasks:
            tasks.start_soon(self._wait_for_disconnect, receive, tasks.cancel_scope)
            with contextlib.suppress(OSError):  # how a server says in `send` that the client has left
                await self._stream(send)
            tasks.cancel_scope.cancel()

    async def _stream(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for event in self._run:
            if isinstance(event, TextDelta):
                line = f"data: {json.dumps(event.text)}\n\n"
                await send({"type": "http.response.body", "body": line.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b"event: end\ndata: {}\n\n"})

    @staticmethod
    async def _wait_for_disconnect(receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()


async def ask(request: Request) -> Response:
    """Answer the question in the body."""
    return RunResponse(assistant.stream((await request.body()).decode()))


app = Starlette(routes=[Route("/ask", ask, methods=["POST"])])

if __name__ == "__main__":
    import uvicorn

    tea = [Reply.tool("price", item="tea"), Reply.text("Tea is 4 EUR.")]
    with contextlib.nullcontext() if "--live" in sys.argv else script(*tea):
        uvicorn.run(app, port=8000)
