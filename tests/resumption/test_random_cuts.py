"""Random runs, recorded, cut anywhere and resumed: nothing is done twice."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit import Journal
from benchmarks.faults.scenario import BACKENDS
from tests.resumption.cuts import Cut, cut_at_moment, cuts_of
from tests.resumption.random_runs import RANDOM_RUNS, RandomRun


async def problems_of(run: RandomRun, share: float, in_order: bool, directory: Path) -> list[str]:
    """Return what is wrong with the executions that go on from one cut, and from the whole.

    Args:
        run: The run.
        share: The share of the records that the cut has.
        in_order: False: it has those that were written first, not those that are the first ones of the export.
        directory: A place for the journals.
    """
    own = run.own_run()
    first = await own.execute(directory / "first.db")
    *cuts, whole = cuts_of([*Journal(directory / "first.db").export("r")])
    cut = cuts[int(share * (len(cuts) - 1))]
    if not in_order:
        cut = cut_at_moment(whole.lines, first.written[: len(cut.lines)])
    for number, one in enumerate[Cut]((cut, whole)):
        again = await own.execute(directory / f"{number}.db", (first, one))
        if found := own.problems_after(first, one, again):
            return found
    return []


def check(run: RandomRun, share: float, in_order: bool, backend: str) -> None:
    with TemporaryDirectory() as directory:
        assert anyio.run(problems_of, run, share, in_order, Path(directory), backend=backend) == []


ANY_CUT = given(run=RANDOM_RUNS, share=st.floats(0, 1), in_order=st.booleans(), backend=st.sampled_from(BACKENDS))


@settings(max_examples=8)
@ANY_CUT
def test_a_random_run_goes_on_from_a_cut(run: RandomRun, share: float, in_order: bool, backend: str) -> None:
    check(run, share, in_order, backend)


@pytest.mark.soak
@settings(max_examples=400, deadline=None)
@ANY_CUT
def test_many_random_runs_go_on_from_a_cut(run: RandomRun, share: float, in_order: bool, backend: str) -> None:
    check(run, share, in_order, backend)
