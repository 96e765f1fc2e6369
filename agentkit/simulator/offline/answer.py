"""An answer in the form that a request asks for, always with the words that no language model wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agentkit.messages import JSONObject
from agentkit.simulator.offline.fill import CannotFill, Facts, fill
from agentkit.simulator.offline.passages import Passage
from agentkit.simulator.offline.retrieval import Hit
from agentkit.simulator.reply import ANSWER_TOOL, Reply

LABEL = "Offline reader, not a language model"
_NOTHING = "Nothing in the sources answers this"
_QUOTED = re.compile(r"^(.+?)(?:, characters (\d+)-(\d+))?:\n((?:>.*(?:\n|$))+)", re.MULTILINE)


def answer(
    request: JSONObject,
    question: str,
    hits: Sequence[Hit],
    read: Sequence[str],
    missing: Sequence[str] = (),
    titles: Mapping[str, str] | None = None,
) -> Reply:
    """The last reply of a run: passages, or that nothing answers, and what could not be read."""
    names = list(dict.fromkeys(hit.passage.source for hit in hits)) or (list(read) if len(read) == 1 else [])
    text = prose(hits, len(read), missing)
    facts = Facts(question, text, f"{LABEL}: chosen by shared words.", hits, names, titles or {}, missing)
    tools = {tool["name"]: tool for tool in request.get("tools") or () if "name" in tool}
    asked = (request.get("output_config") or {}).get("format")
    schema = asked["schema"] if asked else tools[ANSWER_TOOL]["input_schema"] if ANSWER_TOOL in tools else None
    if schema is None:
        return Reply.text(text)
    try:
        value = fill(schema, facts)
    except CannotFill as error:
        return Reply.text(f"{LABEL}. It cannot fill the form that is asked for: {error}. What it found:\n\n{text}")
    label = Reply() if LABEL in str(value) else Reply.thinking(facts.note) if asked else Reply.text(facts.note)
    return label + Reply.output(value)


def prose(hits: Sequence[Hit], read: int, missing: Sequence[str]) -> str:
    """The passages with their sources, as text that `quotes_in` reads back."""
    looked = f"{read} source{'s' * (read != 1)} read"
    lines = [
        f"{LABEL} ({looked}): these passages share most with the question."
        if hits
        else f"{LABEL}. {_NOTHING} ({looked})."
    ]
    for hit in hits:
        passage = hit.passage
        place = "" if passage.start is None else f", characters {passage.start}-{passage.end}"
        lines += ["", f"{passage.source}{place}:", *(f"> {line}" for line in passage.text.split("\n"))]
    return "\n".join(lines + (["", f"Not read: {', '.join(missing)}."] if missing else []))


def quotes_in(text: str, source: str) -> list[Passage]:
    """The passages of a text made by `prose`; another text counts as one passage, not placed in its source."""
    if text.startswith(LABEL):
        return [
            Passage(name, int(start) if start else None, int(end) if end else None, _unquoted(quoted))
            for name, start, end, quoted in _QUOTED.findall(text)
        ]
    return [Passage(source, None, None, text)] if text.strip() else []


def _unquoted(quoted: str) -> str:
    return "\n".join(line[2:] for line in quoted.removesuffix("\n").split("\n"))
