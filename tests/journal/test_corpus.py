"""Journals that earlier versions have exported: every later version gives the runs back, and goes on with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit import Journal, Outcome
from tests.resumption.own_runs import OWN_RUNS

pytestmark = pytest.mark.anyio

CORPUS = {
    file.stem: file.read_text(encoding="utf-8").splitlines()
    for file in sorted((Path(__file__).parent / "corpus").glob("*.jsonl"))
}
"""The lines of each export, by the version of the form and the name of the run."""


@pytest.mark.parametrize("name", CORPUS)
async def test_a_journal_of_an_earlier_version_resumes(name: str, tmp_path: Path) -> None:
    own, lines = OWN_RUNS[name.partition("-")[2].replace("_", " ")], CORPUS[name]
    Journal(tmp_path / "whole.db").import_lines(lines)
    whole = await own.execute(tmp_path / "whole.db")
    assert whole.asked == []
    assert whole.result is not None
    assert whole.result.output == "Tea is 4 EUR."
    assert whole.result.outcome in (Outcome.COMPLETED, Outcome.BUDGET_EXHAUSTED)
    Journal(tmp_path / "cut.db").import_lines(lines[:-1])
    cut = (await own.execute(tmp_path / "cut.db")).result
    assert cut is not None
    assert (cut.output, cut.outcome) == (whole.result.output, whole.result.outcome)
