"""A funnel without a profile says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit.patterns import MailIndex, QueryError, funnel, plan_funnel
from agentkit.testing import script
from benchmarks.planted_mail import GOAL, ScriptedModels
from tests.patterns.profile.test_funnel import FACTS, planted

pytestmark = pytest.mark.anyio


async def test_without_mail_or_evidence_there_is_a_reason(tmp_path: Path) -> None:
    async with planted(tmp_path, [], 3) as index:
        with script(ScriptedModels(FACTS)) as played:
            nothing = await funnel(index, GOAL)
            unfound = await funnel(index, GOAL, queries=["zebra", "lion"])
            for call in (funnel, plan_funnel):
                with pytest.raises(QueryError, match="at character 7 of the query 'after:tomorrow'"):
                    await call(index, GOAL, queries=["lantern", "after:tomorrow"])
            irrelevant = await funnel(index, GOAL, queries=["lantern"])
        assert len(played.requests) == 3 + 3
    async with MailIndex.open(tmp_path / "empty.db") as index:
        empty = await funnel(index, GOAL)
    for result, reason in (
        (nothing, "No query finds a message."),
        (unfound, "No query finds a message."),
        (irrelevant, "The reader takes no thread that was found for relevant."),
        (empty, "There is no message in the index."),
    ):
        assert (result.ok, result.profile, result.reason, str(result)) == (False, None, reason, reason)
