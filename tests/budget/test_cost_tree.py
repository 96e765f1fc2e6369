"""The cost tree: every number is the sum of those below it, and the whole is what the server's ledger says."""

from __future__ import annotations

import json
import operator
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

import anyio
import pytest

from agentkit import Agent, Cost, Outcome, RunResult, Usage
from agentkit.budget.charges import Charge
from agentkit.budget.cost_tree import CostTree
from agentkit.budget.prices import Price
from agentkit.messages.message import JSONObject
from agentkit.simulator import Mix, Reply, Script
from agentkit.simulator.faults.parsing import parse_fault
from agentkit.testing import script
from tests.budgets.server import DenseSimulator, dense_usage, token_of
from tests.budgets.trees import AnyAgent, Tree
from tests.laws.hangs import within

BREAKS = ("status:529", "drop", "cut:150", "cut:420", "error_event:1", "status:429,retry_after=0.01")
"""What breaks off before a reply says what it used, so that the server and we agree on which ones did."""


def check(tree: CostTree) -> None:
    """Every number of every line is the sum of those of its parts, the requests of classes aside."""
    for line in tree.walk():
        if not line.parts:
            continue
        cost = reduce(operator.add, (part.cost for part in line.parts), Cost())
        usage = reduce(operator.add, (part.usage for part in line.parts), Usage())
        if line.kind == "model":
            usage += Usage(requests=line.usage.requests, aborted_requests=line.usage.aborted_requests)
        assert line.usage == usage
        assert line.cost.usd == pytest.approx(cost.usd)
        assert line.cost.estimated_usd == pytest.approx(cost.estimated_usd)


class Costly(Tree):
    """A random tree of agents with budgets and caches of both lifetimes; many prompts are long, many models refuse."""

    def agent(self, depth: int, name: str) -> AnyAgent:
        agent = replace(super().agent(depth, name), fallback="claude-sonnet-4-6")
        if random.Random(f"{self.seed}/{name}").random() < 0.35:
            agent = replace(agent, model="claude-haiku-5-5", instructions=f"You are {name}. {'Read. ' * 20_000}")
        return agent

    async def answer(self, request: JSONObject) -> Reply:
        reply = await super().answer(request)
        chance = random.Random(f"{self.seed}/{token_of(request)}/{len(request['messages'])}/{request['model']}")
        if chance.random() > 0.1:
            return reply
        return Reply.refusal("No.").replace(usage=dense_usage(request, Reply.text("No."), chance))


def lived(seed: int, backend: str) -> Tree:
    """A tree that has lived, with streams that were cut and requests that were sent again."""
    tree = Costly(seed)
    faults = Mix(0.25, seed, [replace(parse_fault(word), keeps_reply=False) for word in BREAKS])
    tree.is_dense, tree.simulator = True, DenseSimulator(Script(tree.answer), faults=faults)
    within(120, f"seed {seed} on {backend}", tree.running, lambda: anyio.run(tree.live, backend=backend))
    return tree


def judge(tree: Tree) -> Counter[str]:
    """The trees of all runs against the rows of the ledger; gives what there was to judge."""
    seen: Counter[str] = Counter()
    trees = [result.cost.tree() for result in tree.results]
    for result, costs in zip(tree.results, trees, strict=True):
        check(costs)
        check(costs.folded())
        assert costs.usage == result.usage
        assert costs.cost.usd == pytest.approx(result.cost.usd)
        for kind in ("model", "class"):
            assert sum(cost.usd or 0.0 for cost in costs.by(kind).values()) == pytest.approx(result.cost.usd)
    lines = [line for costs in trees for line in costs.walk() if line.kind == "model"]
    served = [row for row in tree.simulator.ledger.rows if row.status == 200 or row.is_abandoned]
    for model in {row.model for row in served} | {line.name for line in lines}:
        whole = [row for row in served if row.model == model and row.is_whole]
        broken = [row for row in served if row.model == model and not row.is_whole]
        exact = [line for line in lines if line.name == model and line.outcome == "completed"]
        estimated = [line for line in lines if line.name == model and line.outcome == "aborted"]
        assert reduce(operator.add, (line.usage for line in exact), Usage()) == reduce(
            operator.add, (row.usage for row in whole), Usage()
        )
        assert sum(line.cost.usd or 0.0 for line in exact) == pytest.approx(sum(row.usd or 0.0 for row in whole))
        assert sum(line.usage.aborted_requests for line in estimated) == len(broken)
        assert all(line.cost.estimated_usd == line.cost.usd for line in estimated)
        assert sum(line.cost.usd or 0.0 for line in estimated) >= sum(row.usd or 0.0 for row in broken) - 1e-9
        tiers = sum(bool(line.note) for line in exact)
        seen += Counter(exact=len(exact), estimated=len(estimated), tiers=tiers)
        seen["fallbacks"] += len(exact) if model == "claude-sonnet-4-6" else 0
    return seen


def judge_all(seeds: Iterable[int], backend: str) -> Counter[str]:
    """Judge the trees of all seeds; gives what there was to judge."""
    seen: Counter[str] = Counter()
    for seed in seeds:
        tree = lived(seed, backend)
        try:
            seen += judge(tree)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
    return seen


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_trees_of_runs_cost_what_the_ledger_says_and_only_broken_replies_are_estimated(backend: str) -> None:
    seen = judge_all(range(15), backend)
    assert min(seen[kind] for kind in ("exact", "estimated", "tiers", "fallbacks")) > 3, seen


@pytest.mark.soak
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_hundreds_of_trees_cost_what_the_ledger_says(backend: str) -> None:
    judge_all(range(1_000, 1_500), backend)


# -- what it shows -------------------------------------------------------------------------------------------------


def request(usd: float, model: str = "m", *, aborted: bool = False) -> Charge:
    """A request that cost so much, by its output alone."""
    return Charge(model, Price(0, 1e6 * usd), Usage(not aborted, output_tokens=1, aborted_requests=int(aborted)))


def run(agent: str, *charges: Charge, below: tuple[RunResult[object], ...] = (), **more: object) -> RunResult[object]:
    outcome = Outcome(str(more.get("outcome", "completed")))
    return RunResult(
        run_id=agent, agent=agent, outcome=outcome, charges=charges, children=below, tool=str(more.get("tool", ""))
    )


MANY = run(
    "lead",
    request(1, "strong"),
    below=(
        *(run("reader", request(0.01), tool="read") for _ in range(200)),
        run("reader", request(0.5), request(0.25, aborted=True), tool="read", outcome="failed"),
        run("writer", Charge("m", Price(0, 1, prompts_over=100_000), Usage(1, web_searches=2)), tool="writer"),
    ),
)

DRAWN = """\
~$3.7700  100%  lead: completed, 203 requests
~$2.7500   73%  ├ read: 201 runs
 $2.0000   53%  │ ├ reader x 200: completed, 200 requests
 $2.0000   53%  │ │ └ m: 200 requests
 $2.0000   53%  │ │   └ output: 200 tokens
~$0.7500   20%  │ └ reader: failed, 1 request
 $0.5000   13%  │   ├ m: 1 request
 $0.5000   13%  │   │ └ output: 1 token
~$0.2500    7%  │   └ m: 1 aborted
~$0.2500    7%  │     └ output: 1 token
 $1.0000   27%  ├ strong: 1 request
 $1.0000   27%  │ └ output: 1 token
 $0.0200   <1%  └ writer: completed, 1 request

~$2.7700   73%  m, all together
 $1.0000   27%  strong, all together

~$3.7500   99%  output, all together
 $0.0200   <1%  web search, all together

~ estimated in part: 1 reply broke off unfinished"""


def test_drawn_it_begins_with_what_is_dear_and_has_one_line_for_what_is_alike() -> None:
    assert str(MANY.cost.tree()) == DRAWN


def test_lines_that_are_not_opened_are_there_all_the_same() -> None:
    [writer] = [line for line in MANY.cost.tree().walk() if line.kind == "run" and line.name == "writer"]
    [model] = writer.parts
    assert (model.note, [part.name for part in model.parts]) == ("prompts over 100,000 tokens", ["web search"])
    assert len(MANY.cost.tree().parts[0].parts) == 201


def test_an_unknown_price_makes_what_is_above_it_unknown_and_comes_first() -> None:
    tree = run(
        "lead", request(1), below=(run("local", Charge("llama", None, Usage(1, 3, 4)), tool="local"),)
    ).cost.tree()
    lines = str(tree).splitlines()
    assert lines[0].split()[0] == "unknown"
    assert lines[1].strip().startswith("unknown")
    assert "$1.000000        └ m: 1 request" in lines[5]


def test_it_fits_eighty_columns_and_small_amounts_are_seen() -> None:
    text = str(run("an-agent-of-a-very-long-name-" * 5, request(0.000_123)).cost.tree())
    assert max(map(len, text.splitlines())) == 80
    assert "$0.000123" in text
    assert "$0.500002  100%  a: completed" in str(run("a", request(0.5), request(0.000_002, "tiny")).cost.tree())
    assert "$0.0000002  100%  a: completed" in str(run("a", request(0.000_000_2)).cost.tree())


def test_as_json_it_says_the_same() -> None:
    facts = json.loads(json.dumps(MANY.cost.tree().folded().to_json()))
    assert (facts["kind"], facts["name"], facts["outcome"], facts["run_id"]) == ("run", "lead", "completed", "lead")
    assert facts["usd"] == pytest.approx(sum(part["usd"] for part in facts["parts"]))
    assert facts["parts"][0]["parts"][0]["count"] == 200
    assert facts["parts"][1]["usage"] == {"requests": 1, "output_tokens": 1}


@pytest.mark.anyio
async def test_a_child_says_which_call_of_which_tool_it_answered() -> None:
    reader = Agent("reader", model="claude-haiku-5-5")
    lead = Agent("lead", model="claude-opus-5-5", tools=[reader.as_tool(name="read_it")])
    with script(Reply.tool("read_it", objective="Read."), Reply.text("Tea."), Reply.text("Done.")):
        result = await lead.run("Go")
    [child] = result.children
    assert (child.tool, f"{result.run_id}/{child.call_id}") == ("read_it", child.run_id)
    assert [part.name for part in result.cost.tree().parts] == ["claude-opus-5-5", "read_it"]


@pytest.mark.anyio
async def test_a_run_that_spent_nothing_is_a_line() -> None:
    with script(Reply.failure(401, "authentication_error")):
        result = await Agent("a", model="claude-opus-5-5").run("Go")
    assert str(result.cost.tree()) == "$0.000000        a: failed, 0 requests"
