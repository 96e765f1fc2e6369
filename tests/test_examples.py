"""The examples run, and the service survives clients that leave at any moment."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import logging
import runpy
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.routing import Route

from agentkit import Agent, tool
from agentkit.simulator import Reply, Script, Simulator
from agentkit.testing import script

EXAMPLES = Path(__file__).parent.parent / "examples"
Message = MutableMapping[str, Any]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("01_hello_tool", ["Vienna has about 1.7 million more people than Graz.", "2 requests"]),
        ("02_nested_objects", ["Order 1: 13.50 EUR"]),
        ("03_error_recovery", ['did you mean "tea"?', "Only 3 tea are left.", "internal error", "2 tea reserved"]),
        ("04_orchestrator_and_reader", ["Green tea wants 80 degrees", "reader: source='tea'", "6 requests"]),
        ("07_another_server", ["boils at about 90 degrees", "claude-haiku-5-5: 2 requests"]),
        ("09_read_many", ["Planned: ", "[1] ", "docs/", "0 quotes dropped"]),
        ("11_research", ["abroad as at home.", 'cash, characters 126-190: "Withdrawing cash abroad', "3 readers"]),
        ("10_durable_run", ["another one goes on", "The 12 EUR are paid. 2 requests, paid once"]),
        (
            "12_screened_caller",
            [
                "*rings* them: Hello!",
                "caution, completed",
                "I call for Anna.",
                "block, blocked: I call in your name only.",
            ],
        ),
        (
            "14_cascade",
            [
                "measured on 40 of 40 items",
                "It pays: it saves 5",
                "38 of 40 items solved",
                "receipt-07.txt: The items add",
            ],
        ),
        (
            "15_write_like",
            ["30 examples, about ", "Of windows I know", "0% copied, 2 drafts, ok: True", " from the cache"],
        ),
        ("16_evals", ["shop: 3 tasks, 2 agents, 10 tries, 60 trials", "careful against hasty"]),
        ("08_mcp_server", ["mounted: library__find_books (read)", "Tea: A Global History on A3."]),
        (
            "13_profile",
            ["Planned: 30 documents", "## Changes", "filter: 30 threads in", "0 quotes or statements dropped"],
        ),
    ],
)
def test_an_example_runs_and_prints_what_it_promises(
    name: str, said: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [f"{name}.py"])
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    gc.collect()
    shown = capsys.readouterr()
    assert shown.err == ""
    assert all(words in shown.out for words in said), shown.out


def test_the_cascade_solves_nothing_where_there_are_no_receipts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(EXAMPLES / "14_cascade.py")
    monkeypatch.setattr(sys, "argv", ["14_cascade.py", str(tmp_path / "missing")])
    with pytest.raises(SystemExit, match=r"missing: there is no such folder, or it has no \.txt files\."):
        runpy.run_path(path, run_name="__main__")
    (tmp_path / "essay.txt").write_text("Of gardens.", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["14_cascade.py", str(tmp_path)])
    runpy.run_path(path, run_name="__main__")
    shown = capsys.readouterr().out
    assert "0 of 1 item solved" in shown
    assert "essay.txt: There are no items." in shown


def test_an_example_is_a_program_of_its_own_that_warns_of_nothing() -> None:
    command = [sys.executable, "-W", "error", str(EXAMPLES / "05_fan_out_over_a_folder.py")]
    process = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert (process.returncode, process.stderr) == (0, "")
    assert "documents read, 0 not readable" in process.stdout


def test_essays_from_a_folder_without_any_end_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, said in ((tmp_path, "There is no example in "), (tmp_path / "none", "there is no such file")):
        monkeypatch.setattr(sys, "argv", ["15_write_like.py", str(folder)])
        with pytest.raises(SystemExit, match=said):
            runpy.run_path(str(EXAMPLES / "15_write_like.py"), run_name="__main__")


def test_every_example_is_short_and_says_what_it_shows() -> None:
    for path in EXAMPLES.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 80, path
        assert text.startswith('"""')


@pytest.fixture(scope="module")
def service() -> Any:
    spec = importlib.util.spec_from_file_location("starlette_service", EXAMPLES / "06_starlette_service.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Waiting:
    """A clerk whose tool never returns, and who says whether it was stopped."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.was_cancelled = threading.Event()
        reply = Reply.text("Let me see.") + Reply.tool("wait")
        client = Simulator(Script(lambda _: reply)).client()
        self.agent = Agent("assistant", model="claude-haiku-5-5", tools=[tool(self.wait)], client=client)

    async def wait(self) -> str:
        """Wait for ever."""
        self.began.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.was_cancelled.set()
        return ""

    async def ended(self) -> None:
        with anyio.fail_after(10):
            while not self.was_cancelled.is_set():
                await anyio.sleep(0.01)


async def drive(app: Starlette, send: Callable[[Message], Awaitable[None]], leave: anyio.Event) -> None:
    """One request as a server makes it; the client leaves when `leave` is set."""
    incoming: list[Message] = [{"type": "http.request", "body": b"What is tea?"}]

    async def receive() -> Message:
        if incoming:
            return incoming.pop()
        await leave.wait()
        return {"type": "http.disconnect"}

    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "method": "POST", "path": "/ask"}
    await app({**scope, "query_string": b"", "headers": []}, receive, send)


@pytest.mark.anyio
class TestService:
    """On both backends, in the same process."""

    async def test_the_answer_is_streamed(self, service: Any) -> None:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        with script(Reply.tool("price", item="tea"), Reply.text("Tea is 4 EUR.")):
            await drive(service.app, send, anyio.Event())
        assert sent[0]["status"] == 200
        assert (b"content-type", b"text/event-stream; charset=utf-8") in sent[0]["headers"]
        lines = b"".join(message.get("body", b"") for message in sent[1:]).decode().split("\n\n")
        said = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
        assert "".join(map(json.loads, said)) == "Tea is 4 EUR."
        assert sent[-1].get("more_body", False) is False

    @pytest.mark.parametrize("moment", ["receive", "send", "between"])
    async def test_a_client_may_leave_at_any_moment(
        self, moment: str, service: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        waiting, leave = Waiting(), anyio.Event()
        monkeypatch.setattr(service, "assistant", waiting.agent)
        count = 0

        async def send(message: Message) -> None:
            nonlocal count
            count += 1
            if count == 2 and moment == "between":
                leave.set()
            if count == 2 and moment == "send":
                raise OSError("the client has left")
            await anyio.lowlevel.checkpoint()

        with caplog.at_level(logging.WARNING), anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(drive, service.app, send, leave)
                if moment == "receive":
                    while not waiting.began.is_set():
                        await anyio.sleep(0.01)
                    leave.set()
        if waiting.began.is_set():
            await waiting.ended()
        assert caplog.records == []

    async def test_an_iterator_left_to_the_garbage_collector_ends_the_run(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A plain StreamingResponse over the run itself, dropped in the middle."""
        waiting = Waiting()

        class Names:
            def __init__(self) -> None:
                self.run = waiting.agent.stream("Go")

            def __aiter__(self) -> Names:
                return self

            async def __anext__(self) -> str:
                return type(await anext(self.run)).__name__

        async def answer(_: object) -> StreamingResponse:
            return StreamingResponse(Names())

        app = Starlette(routes=[Route("/ask", answer, methods=["POST"])])

        async def send(message: Message) -> None:
            if message.get("body") == b"ToolStarted":
                while not waiting.began.is_set():
                    await anyio.sleep(0.01)
                raise OSError("the client has left")

        with caplog.at_level(logging.ERROR), anyio.fail_after(10):
            with contextlib.suppress(ClientDisconnect):  # pytest.raises would keep the traceback, and the run with it
                await drive(app, send, anyio.Event())
            gc.collect()
            await waiting.ended()
        assert caplog.records == []


@contextmanager
def serving(app: Starlette) -> Generator[int]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


def test_a_real_server_stops_the_run_when_its_client_hangs_up(
    service: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = Waiting()
    monkeypatch.setattr(service, "assistant", waiting.agent)
    with caplog.at_level(logging.WARNING), serving(service.app) as port:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"POST /ask HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nHi")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
            assert waiting.began.wait(10)
        assert waiting.was_cancelled.wait(10)
    assert caplog.records == []
