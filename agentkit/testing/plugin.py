"""The pytest plugin: fixtures `script`, `simulator`, `recording` and `faults`, for sync and async tests.

Installed with the package. Async tests run by anyio's plugin (`@pytest.mark.anyio`, on asyncio and trio) or any other.
Nothing else of agentkit is imported before a test uses one of the fixtures.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from agentkit.simulator import Simulator
    from agentkit.simulator.faults.plan import Faults
    from agentkit.simulator.recordings.replay import Replay
    from agentkit.simulator.replies.reply import Reply
    from agentkit.simulator.replies.script import ReplyFunction

_PLAYBACKS = pytest.StashKey["list[Playback]"]()
_HAS_PASSED = pytest.StashKey[bool]()
_NO_PLAYBACKS: Sequence[Playback] = ()
_DEFAULT_FAULTS = (
    *("status:529", "status:429,retry_after=0.01", "drop", "cut:150", "error_event"),
    *("invalid_json", "truncated_json", "duplicate_keys", "duplicate_ids", "max_tokens", "max_tokens:tool_use"),
    *("refusal", "empty", "pause_turn"),
)
"""The faults for a test that uses the fixture `faults` without the marker."""


class Playback(Protocol):
    """A script or a recording that plays the model in a test, and that the test has to follow."""

    def add_failure_notes(self, error: BaseException) -> None:
        """Add to the error of a failed test, as notes, the problems that came before it."""
        ...

    def check_followed(self) -> None:
        """Raise AssertionError if the test did not follow it."""
        ...


class ScriptFixture(Protocol):
    """Play the model from here to the end of the test; see `agentkit.testing.script`."""

    def __call__(self, *replies: Reply | ReplyFunction, faults: Faults = ()) -> Simulator:
        """Return the simulator that every agent of the process now uses."""
        ...


@dataclass(frozen=True)
class ServedSimulator:
    """A simulator that is served over HTTP."""

    base_url: str
    simulator: Simulator
    """The simulator; its `requests` hold the bodies of all requests."""


class SimulatorFixture(Protocol):
    """Serve a script over HTTP to the end of the test: for subprocesses, other clients and other languages."""

    def __call__(self, *replies: Reply | ReplyFunction, faults: Faults = ()) -> ServedSimulator:
        """Return the base URL and the simulator."""
        ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option `--agentkit-record`."""
    parser.getgroup("agentkit").addoption(
        "--agentkit-record",
        action="store_true",
        help="record the tests that use the fixture `recording` anew, against the real API",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers `faults` and `recording`."""
    config.addinivalue_line("markers", "faults(*faults): run the test once for each of these faults, fixture `faults`")
    config.addinivalue_line("markers", "recording(path): the file that the fixture `recording` replays")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses the fixture `faults` once for each fault."""
    if "faults" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("faults")
        named = mark.args if mark else _DEFAULT_FAULTS
        metafunc.parametrize("faults", [[fault] for fault in named], ids=[str(fault) for fault in named])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that did not follow its scripts; add their problems to the error of one that failed."""
    try:
        result = yield
    except BaseException as error:
        for playback in item.stash.get(_PLAYBACKS, _NO_PLAYBACKS):
            playback.add_failure_notes(error)
        raise
    for playback in item.stash.get(_PLAYBACKS, _NO_PLAYBACKS):
        _check_followed(playback, item)
    item.stash[_HAS_PASSED] = True
    return result


def _check_followed(playback: Playback, item: pytest.Item) -> None:
    """Fail a test that did not follow its playback. Skip it if a default fault cannot happen to its replies."""
    from agentkit.testing.scripting import ImpossibleFault

    problem: AssertionError | None = None
    try:
        playback.check_followed()
    except AssertionError as error:
        problem = error
    if isinstance(problem, ImpossibleFault):
        takes_faults = isinstance(item, pytest.Function) and "faults" in item.fixturenames
        if takes_faults and item.get_closest_marker("faults") is None:
            pytest.skip("this fault happens to tool calls, and the script's reply has none")
    if problem is not None:
        pytest.fail(str(problem), pytrace=False)  # its frames are ours, not the test's


@pytest.fixture
def script(request: pytest.FixtureRequest) -> Generator[ScriptFixture]:
    """Return a function: `script(Reply.text("Hi."), faults=["status:529"])` plays the model to the end of the test.

    The test fails if replies are left, if there are more requests than replies, or if a fault could not happen.
    """
    from agentkit.models.overriding_client import override_client_everywhere
    from agentkit.testing.scripting import ScriptPlayback

    playbacks: list[Playback] = request.node.stash.setdefault(_PLAYBACKS, [])
    with ExitStack() as stack:

        def play(*replies: Reply | ReplyFunction, faults: Faults = ()) -> Simulator:
            playback = ScriptPlayback(*replies, faults=faults)
            playbacks.append(playback)
            stack.enter_context(override_client_everywhere(playback.simulator.direct_client()))
            return playback.simulator

        yield play


@pytest.fixture
def simulator(request: pytest.FixtureRequest) -> Generator[SimulatorFixture]:
    """Return a function: `simulator(Reply.text("Hi.")).base_url` is a Messages API to the end of the test."""
    from agentkit.testing.scripting import ScriptPlayback
    from agentkit.testing.serving import served

    playbacks: list[Playback] = request.node.stash.setdefault(_PLAYBACKS, [])
    with ExitStack() as stack:

        def serve(*replies: Reply | ReplyFunction, faults: Faults = ()) -> ServedSimulator:
            playback = ScriptPlayback(*replies, faults=faults)
            playbacks.append(playback)
            return ServedSimulator(stack.enter_context(served(playback.simulator)), playback.simulator)

        yield serve


@pytest.fixture
def recording(request: pytest.FixtureRequest) -> Generator[Replay | None]:
    """Replay the API's recorded responses from `recordings/MODULE/TEST.jsonl` beside the test.

    With `--agentkit-record` the requests go to the real API (with the credentials and the ANTHROPIC_BASE_URL of the
    environment), the file is replaced if the test passes, and the fixture is None. Otherwise the test fails if it makes
    a request that was not recorded, or does not make one that was.
    """
    from agentkit.models.overriding_client import override_client_everywhere
    from agentkit.testing.recordings import RecordingPlayback, record_requests, recording_path

    mark = request.node.get_closest_marker("recording")
    path = recording_path(Path(request.node.path), request.node.name, mark.args[0] if mark else None)
    if request.config.getoption("--agentkit-record"):
        with record_requests(path, should_keep=lambda: request.node.stash.get(_HAS_PASSED, False)):
            yield None
        return
    if not path.is_file():
        pytest.fail(f"There is no recording {path}: make it with --agentkit-record.", pytrace=False)
    playback = RecordingPlayback(path)
    request.node.stash.setdefault(_PLAYBACKS, []).append(playback)
    with override_client_everywhere(playback.replay.direct_client()):
        yield playback.replay
