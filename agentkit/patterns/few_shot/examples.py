"""Examples as data: read from disk, values and conversations; put into prompts, all of them or the nearest ones.

essays = Examples.load("essays")
writer = Agent("writer", model="claude-opus-5-5", instructions=f"You write essays.\n\n{essays}")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal, cast

from agentkit.errors import UsageError
from agentkit.patterns.few_shot.demonstration import Demonstration, demonstration_from
from agentkit.patterns.few_shot.earlier_messages import Earlier, demonstrations_in
from agentkit.patterns.few_shot.example_files import ExamplePath, read_examples
from agentkit.patterns.few_shot.rendering import (
    WRITE_ANOTHER,
    examples_messages,
    examples_text,
    examples_tokens,
    with_nearest,
)
from agentkit.patterns.few_shot.selection import ExampleIndex
from agentkit.patterns.reading.packing import split_into_parts
from agentkit.patterns.sources import Gap
from agentkit.retrieval.embeddings import Embedder
from agentkit.run.settings import Settings

if TYPE_CHECKING:
    from agentkit.messages.message import JSONObject
    from agentkit.run.input import Part


@dataclass(frozen=True, init=False)
class Examples:
    """Examples for prompts, each a text alone or an input with its output. They never change, and can be pickled.

    The same examples give the same bytes, in whatever order and under whatever names they come: they stand in the
    order of their hashes, each once. `f"{examples}"` is their text for instructions, `messages()` are turns for a
    conversation, `select()` returns those that are nearest to a text.

    Args:
        given: Texts, pairs of input and output, Documents, or values that have a JSON form, such as those of pydantic.
        embedder: Finds the nearest by meaning. None: by their words.

    Raises:
        UsageError: One of them is blank, no example, or a list that reads like a pair.
    """

    items: tuple[Demonstration, ...] = field(repr=False)
    """The examples."""
    gaps: tuple[Gap, ...] = ()
    """Files, lines and prompts that are no examples, with the reasons."""
    embedder: Embedder | None = field(default=None, repr=False, compare=False)
    """Finds the nearest by meaning. None: by their words."""

    def __init__(self, given: Iterable[object] = (), *, embedder: Embedder | None = None) -> None:
        if isinstance(given, str | bytes | PathLike | Mapping) or not isinstance(cast("object", given), Iterable):
            raise UsageError(
                f"Examples takes a list of examples, not {type(cast('object', given)).__name__}: files are read by "
                "`Examples.load(path)`, and one text goes into a list."
            )
        found: dict[bytes, Demonstration] = {}
        for one in map(demonstration_from, given):
            if found.setdefault(one.digest, one).name > one.name:
                found[one.digest] = one  # the name, too, shall not depend on the order
        object.__setattr__(self, "items", tuple(found[digest] for digest in sorted(found)))
        object.__setattr__(self, "gaps", ())
        object.__setattr__(self, "embedder", embedder)

    @classmethod
    def load(cls, *paths: ExamplePath, inputs: ExamplePath | None = None, embedder: Embedder | None = None) -> Examples:
        """Read examples from files and folders; what cannot be read is in `gaps`.

        Every text is an example, in Markdown, HTML, PDF and whatever else `agentkit read` reads. In a file of JSON
        lines (`.jsonl`), every line is one: `{"input": ..., "output": ...}`, `{"text": ...}` or `{"messages": [...]}`.

        Args:
            paths: Files and folders.
            inputs: A folder with the inputs, each under the name of its output: `transcripts/one.txt` for
                `essays/one.md`. None: the outputs stand alone.
            embedder: Finds the nearest by meaning. None: by their words.

        Raises:
            UsageError: There is no path, or nothing in it is an example; the text names the first reason.
        """
        if not paths:
            raise UsageError("Examples.load takes the paths of files and folders, one at least.")
        for path in (*paths, *(() if inputs is None else (inputs,))):
            if not isinstance(cast("object", path), str | PathLike) or not fspath(path).strip():
                raise UsageError(f"Examples.load reads files and folders, not {path!r}: values go to Examples([...]).")
        return cls._of(read_examples(paths, inputs), embedder, f"in {', '.join([fspath(path) for path in paths])}")

    @classmethod
    def from_messages(cls, *earlier: Earlier, whole: bool = False, embedder: Embedder | None = None) -> Examples:
        """Take earlier conversations as examples: each prompt with its answer, and the tool calls between the two.

        Args:
            earlier: Conversations, what `save()` gave, results of runs, or messages of the API or its SDK.
            whole: True: each conversation is one example, for those in which a prompt refers to an earlier answer.
            embedder: Finds the nearest by meaning. None: by their words.

        Raises:
            UsageError: One of them is no conversation, or there is no prompt with an answer.
        """
        names = [""] if len(earlier) == 1 else [f"conversation {number}" for number in range(1, len(earlier) + 1)]
        found = (
            one for name, each in zip(names, earlier, strict=True) for one in demonstrations_in(each, name, whole=whole)
        )
        return cls._of(found, embedder, "in these messages")

    @classmethod
    def _of(cls, items: Iterable[Demonstration | Gap], embedder: Embedder | None, where: str) -> Examples:
        found = list(items)
        examples = cls((one for one in found if isinstance(one, Demonstration)), embedder=embedder)
        object.__setattr__(examples, "gaps", tuple(one for one in found if isinstance(one, Gap)))
        if not examples.items:
            first = f": {examples.gaps[0].document}: {examples.gaps[0].reason}" if examples.gaps else ""
            raise UsageError(f"There is no example {where}{first}.")
        return examples

    def _with(self, items: Sequence[Demonstration], *, is_ordered: bool = False) -> Examples:
        """Return other examples with what is known of these; ordered ones keep their order."""
        examples = Examples(() if is_ordered else items, embedder=self.embedder)
        object.__setattr__(examples, "gaps", self.gaps)
        if is_ordered:
            object.__setattr__(examples, "items", tuple(items))
        return examples

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Demonstration]:
        return iter(self.items)

    def __repr__(self) -> str:
        return f"<Examples: {len(self)}, about {self.tokens:,} tokens, {len(self.gaps)} gaps>"

    def __str__(self) -> str:
        """Return the examples as a part of a prompt, between marks that none of them holds. Empty: there are none."""
        return self._text

    def __getstate__(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in ("items", "gaps", "embedder")}

    @cached_property
    def _text(self) -> str:
        return examples_text(self.items)

    @cached_property
    def _index(self) -> ExampleIndex:
        return ExampleIndex(self.items, self.embedder)

    @cached_property
    def tokens(self) -> int:
        """The tokens of their text, or of turns that hold pictures: an estimate, rather above than below."""
        return examples_tokens(self.items)

    def messages(self, *, request: str = WRITE_ANOTHER, cache: Literal["5m", "1h"] | None = "5m") -> list[JSONObject]:
        """Return the examples as turns of a conversation: `agent.conversation(examples.messages())`.

        Args:
            request: The prompt before an output that has no input of its own.
            cache: The lifetime of the cache marker at their end, behind which `fork()`s differ. None: no marker.

        Raises:
            UsageError: The request is blank, which the API refuses.
        """
        if not request.strip():
            raise UsageError(f"messages(request={request!r}): it takes the prompt before an output without an input.")
        return examples_messages(self.items, request, Settings(cache=cache).cache_marker)

    def select(self, text: str, *, tokens: int | None = None, most: int | None = None) -> Examples:
        """Return the examples that are nearest to a text, the nearest last; never that text itself.

        Where nearer ones do not fit, or too few have anything in common with the text, others fill the room.

        Args:
            text: The text asked about.
            tokens: The most tokens, as `tokens` counts them. None: no limit.
            most: The most examples. None: no limit.

        Raises:
            UsageError: One of the limits is no whole number above 0, or not even the smallest example fits.
        """
        for name, number in (("tokens", tokens), ("most", most)):
            if number is not None and (type(number) is not int or number < 1):
                raise UsageError(f"select({name}={number!r}): it takes a whole number, at least one.")
        return self._with(self._index.select(text, tokens, most), is_ordered=True)

    def sections(self, tokens: int) -> Examples:
        """Return the examples with long texts in sections, cut at headings, each an example of its own.

        Examples with an input stay whole.

        Args:
            tokens: The most tokens of a section.

        Raises UsageError for what is no whole number above 0.
        """
        if type(tokens) is not int or tokens < 1:
            raise UsageError(f"sections({tokens!r}): it takes a whole number of tokens, at least one.")
        parts: list[Demonstration] = []
        for one in self.items:
            whole = [] if one.input else split_into_parts(one.name or "text", one.output, tokens)
            texts = ((part.name, one.output[part.start : part.end]) for part in whole)
            own = [Demonstration(text, name=name) for name, text in texts if text.strip()]
            parts += own if len(own) > 1 else [one]
        return self._with(parts)

    def render(self, *, tokens: int, most: int | None = None) -> Callable[[Any], Sequence[Part]]:
        """Return a function for `Agent(render=)`, which puts the nearest examples before each input.

        They stand behind what the prompt cache keeps, so they may differ for every input, in every run of the agent.

        Args:
            tokens: The most tokens of examples in a prompt.
            most: The most examples in a prompt. None: no limit.

        Raises:
            UsageError: As for `select`.
        """
        self.select("", tokens=tokens, most=most)  # checks the numbers, and builds the index
        return partial(with_nearest, partial(self.select, tokens=tokens, most=most))
