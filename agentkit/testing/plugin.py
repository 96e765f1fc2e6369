"""The pytest plugin: fixtures `script`, `simulator`, `recording` and `faults`, for sync and async tests.

Installed with the package. Async tests run by anyio's plugin (`@pytest.mark.anyio`, on asyncio and trio) or any other.
Nothing of agentkit is imported before a test asks for a fixture.
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
    from agentkit.simulator.reply import Reply
    from agentkit.simulator.script import Answer

_SCENES = pytest.StashKey["list[Checked]"]()
_PASSED = pytest.StashKey[bool]()
_NONE: Sequence[Checked] = ()
_EACH = (
    *("status:529", "status:429,retry_after=0.01", "drop", "cut:150", "error_event"),
    *("invalid_json", "truncated_json", "duplicate_keys", "duplicate_ids", "max_tokens", "max_tokens:tool_use"),
    *("refusal", "empty", "pause_turn"),
)
"""What a test that takes `faults` goes through when it names none."""


class Checked(Protocol):
    """Something that a test has to follow: a script, or a recording."""

    def note(self, error: BaseException) -> None:
        """Say on the error of a failed test what went wrong here before it."""
        ...

    def check(self) -> None:
        """Raise AssertionError when it was not followed."""
        ...


class ScriptFixture(Protocol):
    """Play the model from here to the end of the test; see `agentkit.testing.script`."""

    def __call__(self, *replies: Reply | Answer, faults: Faults = ()) -> Simulator:
        """Gives the simulator that every agent of the process now talks to."""
        ...


@dataclass(frozen=True)
class Served:
    """A simulator over HTTP."""

    base_url: str
    simulator: Simulator
    """Its `requests` hold what was asked."""


class SimulatorFixture(Protocol):
    """Serve a script over HTTP to the end of the test: for subprocesses, other clients and other languages."""

    def __call__(self, *replies: Reply | Answer, faults: Faults = ()) -> Served:
        """Gives the base URL and the simulator."""
        ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--agentkit-record`."""
    parser.getgroup("agentkit").addoption(
        "--agentkit-record",
        action="store_true",
        help="record the tests that use the fixture `recording` anew, against the real API",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers."""
    config.addinivalue_line("markers", "faults(*faults): run the test once for each of these faults, fixture `faults`")
    config.addinivalue_line("markers", "recording(path): the file that the fixture `recording` replays")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `faults` runs once for each."""
    if "faults" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("faults")
        named = mark.args if mark else _EACH
        metafunc.parametrize("faults", [[fault] for fault in named], ids=[str(fault) for fault in named])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test whose scripts were not followed fails; one that failed says what its scripts saw."""
    try:
        result = yield
    except BaseException as error:
        for scene in item.stash.get(_SCENES, _NONE):
            scene.note(error)
        raise
    for scene in item.stash.get(_SCENES, _NONE):
        _check(scene, item)
    item.stash[_PASSED] = True
    return result


def _check(scene: Checked, item: pytest.Item) -> None:
    """See that it was followed. Of the usual faults, one that cannot happen to a test is nobody's mistake."""
    from agentkit.testing.scripting import ImpossibleFault

    try:
        scene.check()
    except ImpossibleFault:
        takes_faults = isinstance(item, pytest.Function) and "faults" in item.fixturenames
        if not takes_faults or item.get_closest_marker("faults") is not None:
            raise
        pytest.skip("this fault happens to tool calls, and the script's reply has none")


@pytest.fixture
def script(request: pytest.FixtureRequest) -> Generator[ScriptFixture]:
    """`script(Reply.text("Hi."), faults=["status:529"])` plays the model to the end of the test.

    The test fails when replies are left, when more is asked than was written, or when a fault could not happen.
    """
    from agentkit.models.client import overriding_everywhere
    from agentkit.testing.scripting import Scene

    scenes: list[Checked] = request.node.stash.setdefault(_SCENES, [])
    with ExitStack() as stack:

        def play(*replies: Reply | Answer, faults: Faults = ()) -> Simulator:
            scene = Scene(*replies, faults=faults)
            scenes.append(scene)
            stack.enter_context(overriding_everywhere(scene.simulator.client()))
            return scene.simulator

        yield play


@pytest.fixture
def simulator(request: pytest.FixtureRequest) -> Generator[SimulatorFixture]:
    """`simulator(Reply.text("Hi.")).base_url` is a Messages API for any client, to the end of the test."""
    from agentkit.testing.scripting import Scene
    from agentkit.testing.serving import served

    scenes: list[Checked] = request.node.stash.setdefault(_SCENES, [])
    with ExitStack() as stack:

        def serve(*replies: Reply | Answer, faults: Faults = ()) -> Served:
            scene = Scene(*replies, faults=faults)
            scenes.append(scene)
            return Served(stack.enter_context(served(scene.simulator)), scene.simulator)

        yield serve


@pytest.fixture
def recording(request: pytest.FixtureRequest) -> Generator[Replay | None]:
    """Replay what the API answered when the test was recorded, from `recordings/MODULE/TEST.jsonl` beside the test.

    With `--agentkit-record` the requests go to the real API (with the credentials and the ANTHROPIC_BASE_URL of the
    environment), the file is written anew when the test passes, and the fixture is None. Otherwise the test fails when
    it asks for something that was not recorded, or does not ask for something that was.
    """
    from agentkit.models.client import overriding_everywhere
    from agentkit.testing.recordings import Replayed, place_of, recorded

    mark = request.node.get_closest_marker("recording")
    path = place_of(Path(request.node.path), request.node.name, mark.args[0] if mark else None)
    if request.config.getoption("--agentkit-record"):
        with recorded(path, is_kept=lambda: request.node.stash.get(_PASSED, False)):
            yield None
        return
    if not path.is_file():
        pytest.fail(f"There is no recording {path}: make it with --agentkit-record.", pytrace=False)
    scene = Replayed(path)
    request.node.stash.setdefault(_SCENES, []).append(scene)
    with overriding_everywhere(scene.replay.client()):
        yield scene.replay
