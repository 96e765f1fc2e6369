"""The classifier: one cheap request for one letter; alone, in a map and in a run; what is no letter abstains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from agentkit import Agent, Budget, RunContext, tool
from agentkit.errors import ConfigurationError, DefinitionError, UsageError
from agentkit.messages.message import JSONObject
from agentkit.patterns import Classifier, ExampleStore
from agentkit.simulator import Simulator
from agentkit.simulator.offline import OfflineResponder
from agentkit.testing import Reply, script

pytestmark = pytest.mark.anyio

CATEGORIES = {"delivery": "asks where a parcel is", "complaint": "says that an item is wrong", "A": "anything else"}
LABEL = next(iter(CATEGORIES))
PAIRS = [
    ("Where is my parcel?", "delivery"),
    ("The parcel did not arrive.", "delivery"),
    ("The cup is broken.", "complaint"),
    ("Its handle is broken off.", "complaint"),
    ("What a fine day!", "A"),
]
sorter = Classifier(categories=CATEGORIES, examples=ExampleStore(PAIRS))


def last_text(request: JSONObject) -> str:
    (message,) = request["messages"]
    return str(message["content"])


async def test_one_small_request_gives_the_users_label() -> None:
    with script(Reply.text("B")) as api:
        decision = await sorter("The cup has a crack.")
    (request,) = api.requests
    assert (request["max_tokens"], request["thinking"], request["model"]) == (
        8, {"type": "disabled"}, "claude-haiku-5-5",
    )  # fmt: skip
    assert not {"tools", "tool_choice", "temperature", "stop_sequences"} & request.keys()
    assert (decision.label, decision.reason, decision.results[0].output) == ("complaint", "", "B")
    assert decision.examples[0].text == "The cup is broken."
    assert decision.cost.usd == decision.results[0].cost.usd
    assert decision.cost.usd
    assert decision.latency_s > 0
    assert (
        decision.scores["complaint"]
        > 0.5
        > sum(decision.scores[label] for label in ("delivery", "A") if label in decision.scores)
    )
    assert "Letters are ours" not in request["system"]
    assert "C: A - anything else" in request["system"], "a label may look like a letter"


async def test_what_all_requests_share_is_in_the_prefix_and_is_all_that_is_cached() -> None:
    fixed = [(f"Broken cup number {number}, and a long story about it. " * 4, "complaint") for number in range(40)]
    mixed = Classifier(categories=CATEGORIES, examples=ExampleStore(PAIRS), fixed=fixed)
    with script(lambda request: Reply.text("A")) as api:
        first, second = await mixed("Where is it?"), await mixed("Is the handle broken? " + "Look. " * 9_000)
    one, two = api.requests
    assert one["system"] == two["system"]
    assert one["system"][-1]["cache_control"] == {"type": "ephemeral"}
    assert str(one).count("cache_control") == 1
    assert one["system"][-1]["text"].count("Broken cup number") == 160
    assert "Where is my parcel?" not in one["system"][-1]["text"]
    assert "Where is my parcel?" in last_text(one)
    assert (first.results[0].usage.cache_write_5m_tokens > 0, second.results[0].usage.cache_write_5m_tokens) == (
        True,
        0,
    )
    assert second.results[0].usage.cache_read_tokens > 1_000
    only_fixed = Classifier(categories=CATEGORIES, examples=PAIRS)
    with script(Reply.text("A")) as api:
        assert (await only_fixed("Where is it?")).examples == ()
    assert "Where is my parcel?" in api.requests[0]["system"]
    assert mixed.without_examples().fixed_examples == tuple(fixed)
    assert mixed.without_examples().store is None


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply.text("The answer is A, because of the parcel and " + "more " * 30), "none of the letters: The answer"),
        (Reply.text("D"), "The reply is none of the letters: D"),
        (Reply.text(""), "The reply is empty."),
        (Reply.refusal("It may do harm", "cyber"), "The model declined: cyber: It may do harm."),
    ],
)
async def test_what_is_no_letter_abstains_with_the_reason(reply: Reply, reason: str) -> None:
    with script(reply) as api:
        decision = await sorter("Where is it?")
    assert decision.label is None
    assert reason in decision.reason
    assert len(api.requests) == 1, "it is not asked again"
    assert decision.cost.usd


async def test_a_letter_before_a_cut_counts_and_a_failed_request_is_an_abstention() -> None:
    with script(replace(Reply.text("A"), stop_reason="max_tokens")):
        assert (await sorter("Where is it?")).label == "delivery"
    with script(Reply.failure(400, "invalid_request_error")):
        decision = await sorter("Where is it?")
    assert decision.label is None
    assert "400" in decision.reason


async def test_a_map_keeps_the_order_and_one_failure_costs_no_other() -> None:
    def reply(request: JSONObject) -> Reply:
        return Reply.text("none") if "cup" in last_text(request).rpartition("<text-")[0][-40:] else Reply.text("A")

    texts = ["parcel 0", "cup 1", "parcel 2"]
    with script(reply):
        decisions = await sorter.map(texts, concurrency=2)
        assert [one.label for one in decisions] == ["delivery", None, "delivery"]
        limited = await sorter.map(texts, concurrency=1, budget=Budget(max_requests=2))
        assert [one.results[0].outcome for one in limited] == ["completed", "completed", "budget_exhausted"]
        assert limited[2].label is None
        ids = await sorter.map(texts, run_id="mails")
        assert [one.results[0].run_id for one in ids] == ["mails/0", "mails/1", "mails/2"]
        wrong: list[Any] = ["parcel", 5]
        assert [one.label for one in await sorter.map(wrong)] == ["delivery", None]


async def test_in_a_run_it_spends_from_the_runs_budget() -> None:
    @tool(effect="read")
    async def sort(ctx: RunContext[None], text: str) -> str:
        """Sort a text."""
        return str((await sorter(text)).label)

    def reply(request: JSONObject) -> Reply:
        if "sort texts" in str(request.get("system")):
            return Reply.text("B")
        return Reply.tool("sort", text="cup") if len(request["messages"]) == 1 else Reply.text("Done.")

    desk = Agent("desk", model="claude-haiku-5-5", tools=[sort])
    with script(reply):
        result = await desk.run("Sort it.", budget=Budget(max_requests=3))
        assert result.output == "Done."
        assert [child.agent for child in result.children] == ["classifier"]
        assert result.usage.requests == 3
        assert (await desk.run("Sort it.", budget=Budget(max_requests=1))).usage.requests == 1


async def test_several_tries_vote_and_their_agreement_is_the_score() -> None:
    thrice = Classifier(categories=CATEGORIES, tries=3, examples=PAIRS[:1])
    with script(Reply.text("A"), Reply.text("B"), Reply.text("A")) as api:
        decision = await thrice("Where is it?", run_id="x")
    assert decision.label == "delivery"
    assert decision.scores == {"delivery": pytest.approx(2 / 3), "complaint": pytest.approx(1 / 3)}
    assert len(api.requests) == len(decision.results) == 3
    assert decision.cost.usd == pytest.approx(sum(one.cost.usd or 0 for one in decision.results))
    with script(Reply.text("A"), Reply.text("B"), Reply.text("none")):
        even = await thrice("Where is it?")
    assert even.label is None
    assert even.reason == "The 3 replies are even between 'delivery' and 'complaint'."


async def test_the_local_api_answers_by_the_examples() -> None:
    client = Simulator(OfflineResponder()).client()
    texts = ["Has my parcel arrived?", "My cup is broken!", "Where is my parcel?"]
    assert [one.label for one in await sorter.map(texts, client=client)] == ["delivery", "complaint", "delivery"]
    many = {f"kind {number}": f"about number{number}" for number in range(77)}
    wide = Classifier(
        categories=many,
        examples=ExampleStore([(f"tell me about number{n}", f"kind {n}") for n in (5, 70)]),
        client=client,
    )
    assert (await wide("it is about number70, is it not")).label == "kind 70"
    assert wide.letters["kind 76"] == "CY"


async def test_a_large_store_is_searched_beside_the_event_loop() -> None:
    large = Classifier(
        categories=CATEGORIES,
        examples=ExampleStore((f"{text} {n}", label) for n in range(300) for text, label in PAIRS),
    )
    with script(Reply.text("A")), anyio.fail_after(30):
        assert len((await large("Where is it?")).examples) == 6


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"categories": {"a": ""}}, "2 to 676 labels"),
        ({"categories": {"a": "", "": ""}}, "'' is no label"),
        ({"categories": {"a": "", "b": None}}, "the meaning of 'b' is a text"),
        ({"categories": CATEGORIES, "examples": [("x", "order")]}, "'order' is none of its categories"),
        ({"categories": {"a\nb": "", "a b": ""}}, "are the same on one line"),
        ({"categories": CATEGORIES, "block": [LABEL], "caution": [LABEL]}, "is in both"),
        ({"categories": CATEGORIES, "tries": 0}, "tries=0"),
        ({"categories": CATEGORIES, "k": -1}, "k=-1"),
        ({"categories": CATEGORIES, "name": "no name"}, "no name"),
        ({"categories": CATEGORIES, "labels": ()}, "labels"),
    ],
)
async def test_what_cannot_work_is_a_definition_error(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(DefinitionError, match=problem):
        Classifier(**given)


async def test_labels_of_a_store_that_are_no_categories_are_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    Classifier(categories=CATEGORIES, examples=ExampleStore([("tea", LABEL)]))
    assert not caplog.records
    Classifier(categories=CATEGORIES, examples=ExampleStore([("tea", LABEL), ("cup", "stranger")]))
    assert "'stranger'" in caplog.text


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.usefixtures("no_credentials")
async def test_what_only_the_caller_can_put_right_is_raised() -> None:
    with pytest.raises(ConfigurationError):
        await sorter("Where is it?")
    with pytest.raises(ConfigurationError):
        await sorter.map(["Where is it?"])
    with pytest.raises(ConfigurationError):
        await Classifier(categories=CATEGORIES, tries=2)("Where is it?")
    wrong: Any = 5
    with pytest.raises(UsageError, match="not on int"):
        await sorter(wrong)
    with pytest.raises(UsageError, match="not one text"):
        await sorter.map("Where is it?")
