"""What the tests of `doctor` share: servers on loopback that answer everything in one odd way, and the findings."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeAlias

import anyio
import pytest

from agentkit.cli.main import main
from agentkit.messages.message import JSONObject
from agentkit.simulator.http.http_server import serve_http
from agentkit.simulator.http.wire import Headers, Response, json_response

Reaction: TypeAlias = Callable[[str, JSONObject], Response]
"""What a server answers to a path and a body."""


@dataclass
class Server:
    """A server with one reaction. None: it never answers."""

    reaction: Reaction | None

    def serve(self) -> AbstractAsyncContextManager[str]:
        return serve_http(self)

    async def handle(self, method: str, path: str, headers: Headers, body: bytes) -> Response:
        if self.reaction is None:
            await anyio.sleep_forever()
            raise AssertionError
        return self.reaction(path, json.loads(body) if body else {})


def always(status: int, value: object) -> Server:
    """The same JSON to everything."""
    return Server(lambda _path, _body: json_response(status, value, {}))


def examine(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, JSONObject]]:
    """The exit code of a `doctor --json`, and its findings by the name of the check."""
    code = main(["doctor", "--json", *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    findings = [json.loads(line) for line in out.splitlines()]
    assert all(set(finding) == {"check", "status", "found", "advice"} for finding in findings)
    return code, {finding["check"]: finding for finding in findings}


def statuses(findings: dict[str, JSONObject]) -> dict[str, str]:
    """How each check came out."""
    return {check: finding["status"] for check, finding in findings.items()}
