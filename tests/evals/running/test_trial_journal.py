"""The journal of a trial knows runs by the trial's content: the same run id of another content begins anew."""

from pathlib import Path
from typing import Any

import pytest

from agentkit import Agent
from agentkit.evals.running.trial_journal import TrialJournal
from agentkit.journal import Journal
from agentkit.simulator import Reply
from agentkit.testing import script

pytestmark = pytest.mark.anyio


async def test_a_run_goes_on_under_its_own_content_alone(tmp_path: Path) -> None:
    store = Journal(tmp_path / "runs.db")
    agent = Agent("clerk", model="claude-haiku-5-5")

    async def outputs(key: str, *replies: str) -> str:
        options: dict[str, Any] = {"run_id": "t", "journal": TrialJournal(store, key)}
        with script(*map(Reply.text, replies)):
            return (await agent.run("?", **options)).output

    assert [await outputs("a", "1"), await outputs("a"), await outputs("b", "2")] == ["1", "1", "2"]
    assert [run.run_id for run in store.runs()] == ["a/t", "b/t"]
