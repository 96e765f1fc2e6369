"""The classifier: a cheap model that sorts texts into categories by one letter, with hand-scored examples at hand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Unpack, cast

import anyio

from agentkit.agents.agent import Agent
from agentkit.agents.fan_out import Done, Failed, fan_out
from agentkit.errors import DefinitionError, UsageError
from agentkit.log import log
from agentkit.patterns.classify.check import LabelCheck, with_texts
from agentkit.patterns.classify.decision import Decision, decide
from agentkit.patterns.classify.example import Example, LabelledTexts, pairs_of
from agentkit.patterns.classify.example_store import NEAREST, ExampleStore, Neighbours
from agentkit.patterns.classify.request import MAX_CATEGORIES, instructions_for, letters_for, one_line, prompt_for
from agentkit.run.scope import share_budget
from agentkit.run.settings import Settings
from agentkit.schema.validation.unknown_options import refuse_unknown_fields
from agentkit.tool_calls.failures import first_leaf_exception
from agentkit.tool_calls.own_task import call_in_own_task
from agentkit.tools.worker_threads import run_in_thread

if TYPE_CHECKING:
    from agentkit.models.model import Model
    from agentkit.models.overriding_client import Client
    from agentkit.run.agent_spec import RunOptions
    from agentkit.run.guardrails.guardrail import Check
    from agentkit.run.result import RunResult

HAIKU = "claude-haiku-5-5"
_SHOWN_LABELS = 8
_SETTINGS = Settings(max_tokens=8, thinking={"type": "disabled"}, cache_scope="prefix")


@dataclass(frozen=True)
class Classifier:
    """Sorts texts into categories: `decision = await classifier(text)`, or `await classifier.map(texts)`.

    The model answers with one letter. Anything else is an abstention, and so is a request that fails: `label` is None.
    Inside of a run it is a child of that run and spends from its budgets. As a guardrail, `Guardrail(classifier)`, it
    blocks and cautions by the labels that `block` and `caution` name, and lets the others pass.

    Raises DefinitionError where it cannot work.
    """

    _: KW_ONLY
    categories: Mapping[str, str]
    """Label -> meaning, in a sentence for the model. Two at least."""
    model: str | Model = HAIKU
    """A model id, or anything with the `Model` protocol. It has to be one that need not think."""
    examples: ExampleStore | LabelledTexts = ()
    """An ExampleStore: each request gets the nearest examples. Or texts with their labels, which all requests have, in
    the part that the prompt cache keeps."""
    fixed: LabelledTexts = ()
    """Texts with their labels that all requests have beside those of a store."""
    k: int = NEAREST
    """The most examples that a request gets from the store."""
    instructions: str = ""
    """The nature of the texts, and what matters: `The texts are calls that a person asks an agent to place.`"""
    tries: int = 1
    """Requests for each text; the letter of most counts, and even votes are an abstention. More of them cost as many
    times as much, and their agreement is a score of the model's own."""
    block: Mapping[str, str] | Collection[str] = ()
    """As a guardrail: the labels that block, or each with the reply that the run gives then."""
    caution: Mapping[str, str] | Collection[str] = ()
    """As a guardrail: the labels that give a caution, or each with the note that the model reads then."""
    name: str = "classifier"
    """The name of its runs."""
    client: Client | None = None
    """Any async client of the official SDK. None: the one of the run around it, or the shared one."""

    def __post_init__(self) -> None:
        try:
            if not isinstance(self.examples, ExampleStore):  # read once: an iterator would be empty the next time
                object.__setattr__(self, "examples", pairs_of(self.examples))
            object.__setattr__(self, "fixed", pairs_of(self.fixed))
        except UsageError as error:
            raise DefinitionError(f"Classifier(...): {error}.") from None
        if (problem := self._find_problem()) is not None:
            raise DefinitionError(f"Classifier({problem}.")
        self._warn_of_unused_examples()
        _ = self.agent

    async def __call__(self, text: str, **options: Unpack[RunOptions[None]]) -> Decision:
        """Decide on one text. Raises UsageError, or its subclass ConfigurationError, for what the caller can put right.

        Args:
            text: Any text; it may say what it likes.
            options: See `RunOptions`.
        """
        if not isinstance(cast("object", text), str):
            raise UsageError(f"A classifier decides on a text, not on {type(text).__name__}.")
        began_s = anyio.current_time()
        near = await self._look_up(text)
        results = await self._ask(text, near.examples, options)
        return decide(results, near, self._labels, anyio.current_time() - began_s)

    async def map(
        self,
        texts: Iterable[str],
        *,
        concurrency: int = 16,
        progress: Callable[[int], object] | None = None,
        **options: Unpack[RunOptions[None]],
    ) -> list[Decision]:
        """Decide on many texts, at most `concurrency` at once; the decisions are in order.

        One text's failure never costs another's decision: it is an abstention. Raises ConfigurationError for what is
        missing before anything is sent, such as credentials, and UsageError for one text in place of many.

        Args:
            texts: The texts.
            concurrency: The most texts at once.
            progress: Called with the number of decisions so far.
            options: See `RunOptions`. A budget is for all texts together.
        """
        if isinstance(texts, str):
            raise UsageError("A classifier's map takes an iterable of texts, not one text: put it into a list.")
        budget, run_id = options.pop("budget", None), options.pop("run_id", None)
        decisions: dict[int, Decision] = {}

        async def decide_item(item: tuple[int, str], run_id: str, _ended: list[RunResult[object]]) -> RunResult[str]:
            own: RunOptions[None] = {**options, "run_id": run_id}
            decisions[item[0]] = decision = await self(item[1], **own)
            return decision.results[0]

        async def take(result: Done[str] | Failed) -> None:
            if result.index not in decisions and not isinstance(result, Done):
                decisions[result.index] = Decision(label=None, reason=result.reason)
            if progress is not None:
                progress(len(decisions))

        with share_budget(budget, f"the map of {self.name!r}"):
            await fan_out(decide_item, enumerate(texts), concurrency=concurrency, run_id=run_id, emit=take)
        return [decisions[index] for index in sorted(decisions)]

    def as_check(self) -> Check:
        """Return the check for a guardrail, whose `on_error` decides where the classifier abstains.

        Raises DefinitionError if no label blocks or cautions.
        """
        if not self.block and not self.caution:
            raise DefinitionError(
                f"Classifier({self.name!r}) neither blocks nor cautions: name the labels that do, as in "
                f"Classifier(..., block=[{next(iter(self.categories))!r}])."
            )
        return LabelCheck(self.name, self, self.categories, with_texts(self.block), with_texts(self.caution))

    def without_examples(self) -> Classifier:
        """Return this classifier without the examples of its store."""
        return replace(self, examples=self.fixed_examples, fixed=()) if self.store is not None else self

    @property
    def store(self) -> ExampleStore | None:
        """The store that examples are retrieved from. None: there is none."""
        return self.examples if isinstance(self.examples, ExampleStore) else None

    @property
    def fixed_examples(self) -> tuple[tuple[str, str], ...]:
        """Texts and labels of the examples that all requests have."""
        given = () if isinstance(self.examples, ExampleStore) else self.examples
        return (*cast("tuple[tuple[str, str], ...]", given), *cast("tuple[tuple[str, str], ...]", self.fixed))

    @cached_property
    def letters(self) -> Mapping[str, str]:
        """Label -> letter."""
        return dict(zip(self.categories, letters_for(len(self.categories)), strict=True))

    @cached_property
    def _labels(self) -> Mapping[str, str]:
        """Letter -> label."""
        return {letter: label for label, letter in self.letters.items()}

    @cached_property
    def agent(self) -> Agent[None, str, str]:
        """The agent that answers with a letter."""
        examples = [Example(text, label) for text, label in self.fixed_examples]
        return Agent(
            self.name,
            model=self.model,
            instructions=instructions_for(self.instructions, self.categories, self.letters, examples),
            settings=_SETTINGS,
            client=self.client,
            max_turns=1,
        )

    async def _look_up(self, text: str) -> Neighbours:
        if self.store is None:
            return Neighbours()
        find = partial(self.store.neighbours, text, self.k, self.categories)
        return find() if self.store.is_quick else await run_in_thread(find, name="search for examples")

    async def _ask(
        self, text: str, examples: tuple[Example, ...], options: RunOptions[None]
    ) -> tuple[RunResult[str], ...]:
        """Ask for the letter as often as `tries` says, at the same time, each with the examples in another order."""
        results: dict[int, RunResult[str]] = {}

        async def ask(number: int) -> None:
            start = number % max(1, len(examples))
            prompt = prompt_for(text, [*examples[start:], *examples[:start]], self.letters)
            run_id = options.get("run_id")
            own: RunOptions[None] = {**options, "run_id": f"{run_id}/{number}" if number and run_id else run_id}
            results[number] = await call_in_own_task(partial(self.agent.run, prompt, **own))

        if self.tries == 1:
            await ask(0)
        else:
            try:
                async with anyio.create_task_group() as tasks:
                    for number in range(self.tries):
                        tasks.start_soon(ask, number)
            except BaseExceptionGroup as group:
                raise first_leaf_exception(group) from None
        return tuple(results[number] for number in sorted(results))

    def _warn_of_unused_examples(self) -> None:
        """Log the labels of the store that are no categories: classifiers of other labels may share it."""
        unused = [] if self.store is None else [label for label in self.store.labels if label not in self.categories]
        if unused:
            log().warning(
                "a classifier does not use the examples of its store with labels that are none of its categories",
                exc_info=None, classifier=self.name, labels=unused[:_SHOWN_LABELS], categories=[*self.categories],
            )  # fmt: skip

    def _find_problem(self) -> str | None:
        """Return what cannot work, as the beginning of a sentence. None: all can."""
        if not isinstance(cast("object", self.categories), Mapping) or not 2 <= len(self.categories) <= MAX_CATEGORIES:
            return f"categories=...): it takes 2 to {MAX_CATEGORIES} labels with their meanings"
        shown: dict[str, str] = {}
        for label, meaning in self.categories.items():
            if not isinstance(cast("object", label), str) or not label.strip():
                return f"categories=...): {label!r} is no label, which is a text"
            if not isinstance(cast("object", meaning), str):
                return f"categories=...): the meaning of {label!r} is a text, not {meaning!r}"
            if (other := shown.setdefault(one_line(label), label)) != label:
                return f"categories=...): the labels {other!r} and {label!r} are the same on one line"
        for name in ("block", "caution"):
            labels: object = getattr(self, name)
            if isinstance(labels, str) or not isinstance(labels, Collection):
                return f"{name}={labels!r}): it takes a list of labels, or a dictionary of labels with texts"
            if unknown := [one for one in cast("Collection[object]", labels) if one not in self.categories]:
                return f"{name}=...): {unknown[0]!r} is none of its categories, {', '.join(self.categories)}"
        if both := [label for label in self.block if label in self.caution]:
            return f"block=..., caution=...): {both[0]!r} is in both, and a label does one thing"
        for _, label in self.fixed_examples:
            if label not in self.categories:
                return f"examples=...): {label!r} is none of its categories, {', '.join(self.categories)}"
        if not isinstance(cast("object", self.instructions), str):
            return f"instructions={self.instructions!r}): it takes a text"
        for name, least in (("tries", 1), ("k", 0)):
            number: object = getattr(self, name)
            if not isinstance(number, int) or isinstance(number, bool) or number < least:
                return f"{name}={number!r}): it takes a whole number, {least} or more"
        return None


refuse_unknown_fields(Classifier, "Classifier(...)")
