"""Recordings in tests: their paths, making them, and checking that a test followed one to its end."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from agentkit.simulator.recordings.replay import Replay
from agentkit.testing.serving import served

_BASE_URL_VARIABLE = "ANTHROPIC_BASE_URL"


def recording_path(module: Path, test: str, named: str | None) -> Path:
    """Return the path of a test's recording: `named` beside its module, else `recordings/MODULE/TEST.jsonl`."""
    if named is not None:
        return module.parent / named
    name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in test)
    return module.parent / "recordings" / module.stem / f"{name}.jsonl"


@contextmanager
def record_requests(path: Path, *, should_keep: Callable[[], bool]) -> Generator[None]:
    """Record inside the block: agents without a client of their own reach the API through a recording proxy.

    The file at `path` is replaced at the end, if `should_keep` returns True then.
    """
    from agentkit.simulator.recordings.proxy import API_URL, RecordingProxy  # late: they bring an HTTP client
    from agentkit.simulator.recordings.recorder import Recorder

    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    upstream = os.environ.get(_BASE_URL_VARIABLE)
    with served(RecordingProxy(Recorder(fresh), upstream or API_URL)) as base_url:
        os.environ[_BASE_URL_VARIABLE] = base_url
        try:
            yield
        finally:
            os.environ.pop(_BASE_URL_VARIABLE)
            if upstream is not None:
                os.environ[_BASE_URL_VARIABLE] = upstream
    if should_keep() and fresh.exists():
        fresh.replace(path)
    fresh.unlink(missing_ok=True)


class RecordingPlayback:
    """A recording that a test replays, and has to follow."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.replay = Replay(path)

    def add_failure_notes(self, error: BaseException) -> None:
        """Add to an error of a test, as notes, its requests that were not recorded."""
        for miss in self.replay.misses:
            error.add_note(str(miss))

    def check_followed(self) -> None:
        """Raise AssertionError for requests that were not recorded, and for recorded ones that were not made."""
        __tracebackhide__ = True
        left = [
            f"Nobody asked for {exchange.origin or exchange.request.endpoint}." for exchange in self.replay.unused()
        ]
        problems = [*(str(miss) for miss in self.replay.misses), *left]
        if problems:
            again = f"If that is as it should be, record {self._path} anew with --agentkit-record."
            raise AssertionError("\n".join(["The run did not follow its recording.", *problems, again]))
