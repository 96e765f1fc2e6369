"""The tools with which a model reads a stored artifact: peek, search, read. They are sync, since they read files."""

from __future__ import annotations

import contextlib
import datetime
import json
import re
from decimal import Decimal
from enum import Enum
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Literal, NewType, Union, get_args, get_origin
from uuid import UUID

from pydantic import Field

from agentkit.errors import ToolError
from agentkit.messages.message import JSON
from agentkit.tools.artifacts.artifact import PEEK_TOOL, READ_TOOL, SEARCH_TOOL, describe_bytes
from agentkit.tools.artifacts.content import StoredContents, find_matches
from agentkit.tools.artifacts.json_path import outline_json, resolve_path
from agentkit.tools.decorator import tool
from agentkit.tools.run_context import RunContext, services_of
from agentkit.tools.serialization import json_text
from agentkit.tools.toolset import AgentTools, AnyTool

_MAX_CHARS = 50_000
_MAX_JSON_CHARS = 8_000_000
"""Longer JSON is not parsed: parsing holds the GIL, so that nothing else in the process would run."""
_MAX_HITS = 50
_SURROUNDING_CHARS = 300
"""Upper limit of the characters shown before and after a hit: JSON often is one endless line."""
_MAX_COUNTED_HITS = 10_000
"""Hits that are counted at most; the count of more is given as `10000 or more`."""
_ALWAYS_SMALL_TYPES = (int, float, Enum, datetime.date, datetime.time, datetime.timedelta, Decimal, UUID, NoneType)


# Not strict: the API limits the number of strict tools per request, and the agent's own tools have priority.
@tool(name=PEEK_TOOL, effect="read", strict=False)
def peek_artifact(
    ctx: RunContext[object],
    artifact: str,
    start: Annotated[int, Field(ge=0)] = 0,
    length: Annotated[int, Field(ge=1, le=_MAX_CHARS)] = 10_000,
) -> str:
    """Read some characters of a tool result that is kept.

    Args:
        artifact: Its handle, as the result names it, for example `artifact-3`.
        start: The first character to read, counted from 0.
        length: How many characters to read.
    """
    text = _text_contents(ctx, artifact)
    if start >= text.length:
        raise ToolError(f"`{artifact}` has {text.length} characters: start before character {text.length}.")
    end = min(start + length, text.length)
    more = f"It goes on with start={end}." if end < text.length else "This is its end."
    return f"[{artifact}, characters {start} to {end} of {text.length}. {more}]\n{text.read_part(start, end)}"


@tool(name=SEARCH_TOOL, effect="read", strict=False)
def search_artifact(
    ctx: RunContext[object],
    artifact: str,
    words: Annotated[str, Field(min_length=1)],
    start: Annotated[int, Field(ge=0)] = 0,
    lines_around: Annotated[int, Field(ge=0, le=20)] = 2,
    most: Annotated[int, Field(ge=1, le=_MAX_HITS)] = 10,
) -> str:
    """Find words in a tool result that is kept; each place is shown with its surroundings.

    Args:
        artifact: Its handle, as the result names it, for example `artifact-3`.
        words: What to look for: these words, one behind the other. Upper and lower case are the same.
        start: The character to begin at, to see the places behind those that were shown.
        lines_around: How many lines to show before and behind each place.
        most: How many places to show.
    """
    text = _text_contents(ctx, artifact)
    hits = list(islice(find_matches(text, _search_pattern(words), start), _MAX_COUNTED_HITS))
    if not hits:
        return _nothing_found_text(text, artifact, words, start)
    shown: list[str] = []
    covered = end = 0
    for hit in hits:
        if not shown or hit[0] >= end:  # otherwise the text around the previous hit shows it already
            if len(shown) == most:
                break
            first, end = _surroundings(text, hit, lines_around)
            shown.append(f"character {hit[0]}:\n{text.read_part(first, end)}")
        covered += 1
    rest = f" The next ones follow with start={hits[covered][0]}." if covered < len(hits) else ""
    count = f"{_MAX_COUNTED_HITS} or more" if len(hits) == _MAX_COUNTED_HITS else str(len(hits))
    head = f"[{artifact}: found {count} times from character {start} on, {covered} shown.{rest}]"
    return "\n\n".join([head, *shown])


@tool(name=READ_TOOL, effect="read", strict=False)
def read_artifact(ctx: RunContext[object], artifact: str, part: str = "") -> str:
    """Read a tool result that is kept: all of it where it is short enough, or one part of JSON by its path.

    Args:
        artifact: Its handle, as the result names it, for example `artifact-3`.
        part: Where in JSON, for example `/orders/3/lines`. Empty: everything. What is too long is outlined.
    """
    text = _text_contents(ctx, artifact)
    if text.length <= _MAX_CHARS and not part:
        return text.read_part(0, text.length) or "(empty)"
    found = resolve_path(_parsed_json(text, artifact), part)
    rendered = json_text(found)
    where = f"{artifact}{part}"
    return rendered if len(rendered) <= _MAX_CHARS else f"[{where} is long. In outline:]\n{outline_json(found)}"


def select_artifact_tools(agent_tools: AgentTools) -> tuple[AnyTool, ...]:
    """Return the tools, in the order in which a request lists them; none if the agent has a tool with such a name."""
    names = {tool.name for tool in ARTIFACT_TOOLS}
    is_taken = names & agent_tools.tools.keys() or names & {param.get("name") for param in agent_tools.api_tools}
    return () if is_taken else ARTIFACT_TOOLS


def is_always_small(annotation: object) -> bool:
    """True if every value of this type is short as text: a number, a date, a literal, an enum, or None."""
    origin = get_origin(annotation)
    if origin is Literal or annotation is None:
        return True
    if origin is Annotated:
        return is_always_small(get_args(annotation)[0])
    if origin is Union or origin is UnionType:
        return all(map(is_always_small, get_args(annotation)))
    if isinstance(annotation, NewType):
        return is_always_small(annotation.__supertype__)
    return isinstance(annotation, type) and issubclass(annotation, _ALWAYS_SMALL_TYPES)


def _text_contents(ctx: RunContext[object], artifact: str) -> StoredContents:
    if (slot := services_of(ctx).artifact_slot) is None:
        raise ToolError("Nothing is kept in this run.")
    contents = slot.store.find(artifact)
    whole = None if contents.is_text else contents.read_whole()
    if isinstance(whole, bytes):
        raise ToolError(
            f"`{artifact}` cannot be read as text: {describe_bytes(whole)}, the first are {whole[:16].hex(' ')}."
        )
    return contents


def _parsed_json(text: StoredContents, artifact: str) -> JSON:
    with contextlib.suppress(ValueError, RecursionError):
        if text.length <= _MAX_JSON_CHARS:
            value: JSON = json.loads(text.read_part(0, text.length))
            return value
    raise ToolError(
        f"`{artifact}` has {text.length:,} characters, and no parts of it can be read by a path.",
        hint=f"Use `{SEARCH_TOOL}` to find words in it, or `{PEEK_TOOL}` to read from a character on.",
    )


def _search_pattern(words: str) -> re.Pattern[str]:
    """Return a case-insensitive pattern for the words in sequence, with any white space between them."""
    return re.compile(r"\s+".join(map(re.escape, words.split())) or re.escape(words), re.IGNORECASE)


def _surroundings(text: StoredContents, hit: tuple[int, int], lines: int) -> tuple[int, int]:
    """Return the start and end of the text to show around a hit: whole lines, unless they are too long."""
    before = text.read_part(max(0, hit[0] - _SURROUNDING_CHARS), hit[0]).split("\n")[-lines - 1 :]
    behind = text.read_part(hit[1], hit[1] + _SURROUNDING_CHARS).split("\n")[: lines + 1]
    return hit[0] - len("\n".join(before)), hit[1] + len("\n".join(behind))


def _nothing_found_text(text: StoredContents, artifact: str, words: str, start: int) -> str:
    """Return the text for a search without hits, naming the words that are found by themselves."""
    several = dict.fromkeys(words.split()) if len(words.split()) > 1 else ()
    found = [f"`{word}`" for word in several if next(find_matches(text, _search_pattern(word), start), None)]
    alone = f" By themselves there are: {', '.join(found)}." if found else ""
    return f"[{artifact}: nothing found from character {start} on, in {text.length} characters.{alone}]"


ARTIFACT_TOOLS: tuple[AnyTool, ...] = (peek_artifact, search_artifact, read_artifact)
