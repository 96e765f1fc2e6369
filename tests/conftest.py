"""What every test shares: the two async backends, how hard property tests look, tests that need a system part."""

import gc
import os
import shutil
from datetime import timedelta
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings, strategies

# The machines that run the suite are slow at times: pytest-timeout bounds a test, not hypothesis per example.
_SLOW_MACHINE = [HealthCheck.too_slow]
# The same examples every time: a change is judged by what it does, and `make soak` looks for the rest.
settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=_SLOW_MACHINE)
settings.register_profile(
    "soak", deadline=timedelta(seconds=30), max_examples=5_000, suppress_health_check=_SLOW_MACHINE
)
settings.load_profile("suite")

_BACKENDS = ["asyncio", "trio"]
_ABOVE_EVENT_LOOPS = [Path(__file__).parent / name for name in ("agentkit_tools", "evals", "patterns", "retail")]
"""Tests of what is made of public names: each runs on one backend, half of them on each, the rest with `make soak`."""


@pytest.fixture(params=_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Each test marked `anyio` runs on both backends, but for those above event loops."""
    return str(request.param)


@pytest.fixture
def soon_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for an event loop takes it for blocked after a fifth of a second, not after several."""
    monkeypatch.setattr("agentkit.event_loop._LIVENESS_CHECK_S", 0.02)
    monkeypatch.setattr("agentkit.event_loop._BLOCKED_AFTER_S", 0.2)
    monkeypatch.setattr("agentkit.budget.waiting_line.BLOCKED_AFTER_S", 0.2)


@settings(max_examples=1, database=None)
@given(strategies.none())
def _make_random_source_of_hypothesis(_: None) -> None: ...


def _leave_one_backend(items: list[pytest.Item]) -> None:
    ids = {item.nodeid for item in items}
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _ABOVE_EVENT_LOOPS):
            on_each = [item.nodeid.replace("[trio", "[asyncio", 1), item.nodeid.replace("[asyncio", "[trio", 1)]
            if ids.issuperset(on_each) and item.nodeid != on_each[crc32(on_each[0].encode()) % 2]:
                item.add_marker(pytest.mark.soak)


@pytest.hookimpl(tryfirst=True)  # before the marked ones are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files whose tests are given more time than others come first: at the end, everybody would wait for them."""
    _leave_one_backend(items)
    slow = {item.path for item in items if item.get_closest_marker("timeout")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """What is imported by now stays: tests that collect garbage need not look through it for a third of a second."""
    _make_random_source_of_hypothesis()  # made later, it seems to belong to nobody: what holds it is frozen
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose `system` program is not installed, with the command that installs it."""
    for mark in item.iter_markers("system"):
        program, install = mark.kwargs["program"], mark.kwargs["install"]
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}: {install}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: a worker more than cores, since tests that wait leave theirs to the others."""
    return (os.cpu_count() or 1) + 1


def pytest_configure() -> None:
    """Make the environment of a developer's shell that of a fresh machine: no key, no base URL, no proxy."""
    for name in [name for name in os.environ if name.startswith(("ANTHROPIC_", "AGENTKIT_"))]:
        del os.environ[name]
