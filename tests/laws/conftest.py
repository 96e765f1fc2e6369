"""`pytest tests/laws --seed 4711` runs exactly that one scene, on both backends."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="the one seed to run, as a failure has named it")
    parser.addoption("--seeds", type=int, default=None, help="how many seeds to run")


@pytest.fixture
def one_seed(request: pytest.FixtureRequest) -> int | None:
    """The seed of the command line. None: all of the test's own."""
    seed: int | None = request.config.getoption("--seed", None)
    return seed


@pytest.fixture
def seed_count(request: pytest.FixtureRequest) -> int | None:
    """The number of seeds of the command line. None: those of the ordinary suite."""
    count: int | None = request.config.getoption("--seeds", None)
    return count
