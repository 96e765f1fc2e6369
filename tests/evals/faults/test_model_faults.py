"""Requests fail before or within their reply, and the retries of the run recover from it."""

from collections import Counter

import pytest

from agentkit import Agent, RunResult
from agentkit.evals.faults.chance import Chance
from agentkit.evals.faults.model_faults import FaultyModel
from agentkit.models.retry import Retry
from agentkit.models.wrapped_models import wrap_models
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio


async def ask(share: float, times: int, met: Counter[str]) -> list[RunResult[str]]:
    agent = Agent("a", model="claude-haiku-5-5", retry=Retry(first_wait_s=0))
    chance = Chance("t")
    with script(lambda _: Reply.text("Tea.")), wrap_models(lambda model: FaultyModel(model, share, chance, met)):
        return [await agent.run("?") for _ in range(times)]


async def test_a_share_of_requests_fails_and_is_asked_again() -> None:
    met = Counter[str]()
    results = await ask(0.4, 12, met)
    assert {result.output for result in results} == {"Tea."}
    assert met["api"] >= 4


async def test_where_all_fail_the_run_fails_with_a_planted_error() -> None:
    met = Counter[str]()
    (result,) = await ask(1.0, 1, met)
    assert (result.outcome, met["api"]) == ("failed", 6)
    assert "planted" in result.reason
