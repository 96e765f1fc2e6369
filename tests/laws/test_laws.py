"""Random runs x faults x cancels x budgets: every law holds, and a seed says which run it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import anyio
import pytest

from agentkit import Outcome
from tests.laws import leaks
from tests.laws.hangs import within
from tests.laws.laws import broken, law_1
from tests.laws.scenes import Scene

SLICES = {"asyncio": range(0, 40, 2), "trio": range(1, 40, 2)}
"""A seed of the ordinary suite lives on one backend; the long sweep has all on both."""
BACKENDS = ["asyncio", "trio"]


async def lived(scene: Scene) -> None:
    """One scene, judged, and once more after it was continued."""
    leaks.same_order(scene.seed)
    async with scene.reachable():
        before = leaks.tasks()
        await scene.live()
        assert await leaks.tasks_beside(before) == 0
        assert broken(scene) == []
        await check_that_it_goes_on(scene)
        assert await leaks.tasks_beside(before) == 0


async def check_that_it_goes_on(scene: Scene) -> None:
    """Law 6: what is left behind is a conversation that the API takes."""
    if not scene.chat.messages:
        return  # it was cancelled before anything was said
    result = await scene.go_on()
    assert [f"law_1: {problem}" for problem in law_1(scene)] == []
    assert result.outcome is not Outcome.CANCELLED
    assert result.error is None or "does not know" in result.reason


def live_in(backend: str, seed: int, *, has_socket: bool = False) -> Scene:
    # What tools start in threads would wait for a server of this thread.
    scene = Scene(seed, starts_runs=not has_socket, has_socket=has_socket)
    try:
        within(120, f"seed {seed}", scene.diary.running, lambda: anyio.run(lived, scene, backend=backend))
        assert leaks.threads_of_tools() == []
    except BaseException as error:
        error.add_note(f"Again: python -m pytest tests/laws -k {backend} --seed {seed}")
        raise
    return scene


def run_all(seeds: Iterable[int], backend: str) -> list[Scene]:
    return [live_in(backend, seed) for seed in seeds]


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_law_holds(backend: str, one_seed: int | None, seed_count: int | None) -> None:
    seeds = SLICES[backend] if seed_count is None else range(seed_count)
    scenes = run_all(seeds if one_seed is None else [one_seed], backend)
    if one_seed is not None:
        return
    outcomes = Counter(scene.result.outcome for scene in scenes if scene.result)
    assert outcomes[Outcome.COMPLETED] > 2, outcomes
    assert len(outcomes) > 3, outcomes
    assert sum(scene.was_struck for scene in scenes) > 0
    assert sum(len(scene.diary.executions) for scene in scenes) > 150


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_law_holds_over_a_socket(backend: str, seed_count: int | None) -> None:
    seeds = [seed + 50 for seed in (SLICES[backend][:6] if seed_count is None else range(seed_count))]
    scenes = [live_in(backend, seed, has_socket=True) for seed in seeds]
    assert sum(len(scene.simulator.ledger.rows) for scene in scenes) > 20
    assert sum(scene.was_struck for scene in scenes) > 0


@pytest.mark.soak
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_law_holds_over_a_thousand_seeds(backend: str) -> None:
    run_all(range(1_000, 2_000), backend)
