"""A store keeps trials and grades by content: what has not changed is neither run nor graded again."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agentkit import Agent, Budget, RunContext, Settings, tool
from agentkit.errors import ConfigurationError, UsageError
from agentkit.evals import Case, EvalStore, Evaluation, Progress, Suite, Task, Trial, called, evaluate
from agentkit.evals.faults import Faults
from agentkit.simulator import Reply
from agentkit.testing import script
from tests.evals.running.shop import Stock, asks_the_price, buyer, clerk, orders_tea

pytestmark = pytest.mark.anyio

TEA = Case("What does tea cost?", output=4.0, expect=[called("price")])


def tea_was_ordered(trial: Trial[Stock]) -> bool:
    return trial.world.orders == ["tea"]


def one_was_ordered(trial: Trial[Stock]) -> bool:
    return len(trial.world.orders) == 1


def says_done(trial: Trial[Stock]) -> bool:
    return trial.output == "Done." and len(trial.transcript) == 4 and trial.calls[0].name == "order"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "evals.db"


async def counted(path: Path | None, agents: Any, tasks: Any, reply: Any, **options: Any) -> tuple[Evaluation, int]:
    """Evaluate, and return the requests that it took, too."""
    requests: list[object] = []

    def answer(request: Any) -> Reply:
        requests.append(request)
        said: Reply = reply(request)
        return said

    with script(answer):
        evaluation = await evaluate(agents, tasks, store=path, **options)
    return evaluation, len(requests)


async def test_what_is_kept_costs_nothing_and_reads_the_same(path: Path) -> None:
    tasks = [TEA, Task("Order tea.", Stock, [tea_was_ordered, says_done])]
    agents = {"clerk": clerk, "buyer": buyer}

    def reply(request: dict[str, Any]) -> Reply:
        return orders_tea(request) if "order" in str(request["tools"]) else asks_the_price(request)

    with pytest.raises(UsageError):  # the clerk takes no deps... it does; the buyer needs some
        await counted(path, agents, [TEA], reply)
    seen: list[Progress] = []
    first, requests = await counted(path, {"buyer": buyer}, tasks[1:], reply, tries=3)
    again, none = await counted(path, {"buyer": buyer}, tasks[1:], reply, tries=3, progress=seen.append)
    assert (requests, none) == (6, 0)
    assert all(one.is_kept for one in seen)
    assert again.spent_usd == 0
    assert again.cost_usd == first.cost_usd
    for one, other in zip(first.trials, again.trials, strict=True):
        assert (one.task, one.number, one.grades, one.output) == (other.task, other.number, other.grades, other.output)
        assert list(one.transcript) == list(other.transcript)
        assert list(one.calls) == list(other.calls)
        assert one.passed
    assert (await counted(path, {"buyer": buyer}, tasks[1:], reply, tries=4))[1] == 2


async def test_names_count_for_nothing(path: Path) -> None:
    await counted(path, clerk, [TEA], asks_the_price, tries=2)
    renamed = Case("What does tea cost?", 4.0, [called("price")], name="tea", category="prices", tags=["x"])
    evaluation, requests = await counted(path, {"x": clerk}, Suite("other", [renamed]), asks_the_price, tries=2, seed=9)
    assert requests == 0
    assert [(one.task, one.category, one.agent) for one in evaluation.trials] == [("tea", "prices", "x")] * 2


def shop(price: float, *, description: str = "Return the price.", helper: Callable[[float], float] = abs) -> Agent:
    calls: list[str] = []

    @tool(description=description)
    def price_of(item: str) -> float:
        calls.append(item)  # what a tool changes is no part of what it is
        return helper(price)

    return Agent("shop", model="claude-haiku-5-5", tools=[price_of])


def doubled(price: float) -> float:
    return 2 * price


def halved(price: float) -> float:
    return price / 2


async def test_an_agent_that_changes_runs_again_and_no_other(path: Path) -> None:
    def reply(request: dict[str, Any]) -> Reply:
        return Reply.tool("price_of", item="tea") if "tool_result" not in str(request["messages"]) else Reply.text("4")

    task = Task("Tea?", graders=[called("price_of")])
    agent = shop(4.0)
    variants: list[tuple[Agent, int]] = [
        (agent, 2),
        (agent, 0),
        (shop(4.0), 0),
        (shop(5.0), 2),
        (shop(4.0, description="Return a price."), 2),
        (shop(4.0, helper=doubled), 2),
        (shop(4.0, helper=halved), 2),
        (shop(4.0, helper=doubled), 0),
        (Agent("shop", model="claude-haiku-5-5", tools=agent.tools, instructions="Be brief."), 2),
        (Agent("shop", model="claude-sonnet-5-5", tools=agent.tools), 2),
        (Agent("other", model="claude-haiku-5-5", tools=agent.tools), 0),
        (Agent("shop", model="claude-haiku-5-5", tools=agent.tools, settings=Settings(max_tokens=9_000)), 2),
    ]
    counts = [(await counted(path, {"x": variant}, [task], reply))[1] for variant, _ in variants]
    assert counts == [wanted for _, wanted in variants]
    with_settings = [await counted(path, agent, [task], reply, settings=Settings(effort="low")) for _ in range(2)]
    assert [requests for _, requests in with_settings] == [2, 0]
    under_faults = [
        (await counted(path, agent, [task], reply, faults=Faults(latency_s=0.001), seed=seed))[1] for seed in (0, 0, 1)
    ]
    assert under_faults == [2, 0, 2]


async def test_a_grader_that_changes_grades_again_and_runs_nothing(path: Path) -> None:
    graded: list[int] = []

    def counts(trial: Trial[Stock]) -> bool:
        graded.append(trial.number)
        return trial.world.orders == ["tea"]

    await counted(path, buyer, [Task("Order tea.", Stock, [counts])], orders_tea, tries=2)
    changed = [Task("Order tea.", Stock, [counts, one_was_ordered, says_done])]
    evaluation, requests = await counted(path, buyer, changed, orders_tea, tries=2)
    assert (requests, sorted(graded)) == (0, [1, 2])
    assert [one.passed for one in evaluation.trials] == [True, True]


async def test_a_grader_that_raised_grades_again(path: Path) -> None:
    is_broken = [True]

    def careful(trial: Trial[Stock]) -> bool:
        if is_broken.pop():
            raise OSError("no such file")
        return True

    evaluation, requests = await counted(path, buyer, [Task("Order tea.", Stock, [careful])], orders_tea)
    assert (evaluation.trials[0].is_judged, requests) == (False, 2)
    is_broken.append(False)
    evaluation, requests = await counted(path, buyer, [Task("Order tea.", Stock, [careful])], orders_tea)
    assert (evaluation.trials[0].passed, requests) == (True, 0)


async def test_a_world_that_is_no_json_runs_again_for_a_new_grader(path: Path) -> None:
    @dataclass
    class Local:
        orders: list[str] = field(default_factory=list[str])

    @tool
    def order(ctx: RunContext[Any], item: str) -> str:
        """Order an item."""
        ctx.deps.orders.append(item)
        return "ordered"

    agent = Agent("buyer", model="claude-haiku-5-5", tools=[order])
    counts = [
        (await counted(path, agent, [Task("Order tea.", Local, graders)], orders_tea))[1]  # pyright: ignore[reportArgumentType]
        for graders in ([tea_was_ordered], [tea_was_ordered], [one_was_ordered], [one_was_ordered])
    ]
    assert counts == [2, 0, 2, 0]


async def test_more_money_goes_on_from_the_store(path: Path) -> None:
    first, _ = await counted(path, clerk, [TEA], asks_the_price, tries=6, concurrency=1, budget=Budget(max_requests=7))
    assert sum(one.is_judged for one in first.trials) == 3
    second, requests = await counted(path, clerk, [TEA], asks_the_price, tries=6, concurrency=1)
    assert (requests, second.stopped) == (6, "")
    assert all(one.passed for one in second.trials)
    none = Budget(max_requests=0)
    stopped, requests = await counted(path, clerk, [TEA], asks_the_price, tries=9, concurrency=1, budget=none)
    assert (requests, len(stopped.trials)) == (0, 7)
    assert sum(one.passed for one in stopped.trials) == 6


async def test_the_history_has_every_evaluation_as_it_was(path: Path) -> None:
    first, _ = await counted(path, clerk, Suite("tea", [TEA], description="Prices."), asks_the_price, tries=2)
    await counted(path, {"x": clerk}, [TEA], asks_the_price)
    with EvalStore(path) as store:
        assert [(one.suite, one.agents) for one in store.evaluations()] == [("tea", ("clerk",)), ("", ("x",))]
        (record,) = store.evaluations("tea")
        loaded = store.load(record.id)
        with pytest.raises(UsageError, match="no evaluation 9"):
            store.load(9)
    assert (loaded.suite, loaded.description, loaded.started) == (first.suite, first.description, first.started)
    assert loaded.pass_rate() == first.pass_rate()
    assert loaded.models == {"clerk": "claude-haiku-5-5"}
    assert loaded.transcript(loaded.trials[0]) == first.transcript(first.trials[0])
    assert isinstance(loaded.trials[0].sub_transcripts, Mapping)
    assert loaded.compare("clerk", "clerk").difference.value == 0


async def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("not a database " * 100, encoding="utf-8")
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (x)")
    database.close()
    for path in (text, other):
        before = path.read_bytes()
        with pytest.raises(ConfigurationError, match="cannot be used"):
            await evaluate(clerk, [TEA], store=path)
        assert path.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE trials SET head = 'x{'",
        "UPDATE trials SET state = x'00'",
        "UPDATE grades SET grade = ''",
        "DROP TABLE grades",
        "CREATE TRIGGER full BEFORE INSERT ON evaluations BEGIN SELECT RAISE(FAIL, 'the disk is full'); END",
    ],
)
async def test_what_the_file_causes_later_is_an_error_that_names_it(path: Path, damage: str) -> None:
    with script(asks_the_price):
        await evaluate(clerk, [TEA], store=path)
        with sqlite3.connect(path) as database:
            database.execute(damage)
        database.close()
        with pytest.raises(ConfigurationError, match=r"The store of evaluations '.*evals\.db' cannot be used: "):
            await evaluate(clerk, [TEA], store=path)


@pytest.mark.parametrize("damage", ["UPDATE evaluated SET record = x'00'", "UPDATE evaluations SET record = 'x'"])
async def test_a_damaged_history_is_named_too(path: Path, damage: str) -> None:
    with script(asks_the_price):
        await evaluate(clerk, [TEA], store=path)
    with sqlite3.connect(path) as database:
        database.execute(damage)
    database.close()
    with EvalStore(path) as store, pytest.raises(ConfigurationError, match="a row is damaged"):
        store.load(1)
