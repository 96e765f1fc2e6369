"""Recordings in tests: where they lie, how they are made, and whether a test followed one whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from agentkit.simulator.recordings.proxy import API, RecordingProxy
from agentkit.simulator.recordings.recorder import Recorder
from agentkit.simulator.recordings.replay import Replay
from agentkit.testing.serving import served

_BASE_URL = "ANTHROPIC_BASE_URL"


def place_of(module: Path, test: str, named: str | None) -> Path:
    """Where the recording of a test lies: `named` beside its module, else `recordings/MODULE/TEST.jsonl`."""
    if named is not None:
        return module.parent / named
    name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in test)
    return module.parent / "recordings" / module.stem / f"{name}.jsonl"


@contextmanager
def recorded(path: Path, *, is_kept: Callable[[], bool]) -> Generator[None]:
    """Inside the block, agents without a client of their own talk to the API through a proxy that records.

    The file is put in its place at the end, if `is_kept` says so then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    upstream = os.environ.get(_BASE_URL)
    with served(RecordingProxy(Recorder(fresh), upstream or API)) as base_url:
        os.environ[_BASE_URL] = base_url
        try:
            yield
        finally:
            os.environ.pop(_BASE_URL)
            if upstream is not None:
                os.environ[_BASE_URL] = upstream
    if is_kept() and fresh.exists():
        fresh.replace(path)
    fresh.unlink(missing_ok=True)


class Replayed:
    """A recording that a test replays."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.replay = Replay(path)

    def note(self, error: BaseException) -> None:
        """Say on an error of a test what it asked that was not recorded."""
        for miss in self.replay.misses:
            error.add_note(str(miss))

    def check(self) -> None:
        """Raise AssertionError for what was not recorded, and for what was and nobody asked for."""
        left = [
            f"Nobody asked for {exchange.origin or exchange.request.endpoint}." for exchange in self.replay.unused()
        ]
        problems = [*(str(miss) for miss in self.replay.misses), *left]
        if problems:
            again = f"If that is as it should be, record {self._path} anew with --agentkit-record."
            raise AssertionError("\n".join(["The run did not follow its recording.", *problems, again]))
