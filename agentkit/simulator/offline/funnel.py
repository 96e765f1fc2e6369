"""The turns of a funnel over mail: queries of the goal's words, the filter, evidence, and sections of quotes."""

import re
from collections.abc import Sequence
from contextlib import suppress

from agentkit.messages.message import JSON, JSONObject, text_of
from agentkit.retrieval.passages import Hit, search_passages, split_passages
from agentkit.retrieval.terms import FAINT_TERMS, wanted_terms
from agentkit.schema.json_schema.subschemas import resolve_reference
from agentkit.simulator.offline.fill import CannotFill
from agentkit.simulator.offline.reader import READER_LABEL, ParsedRequest, tagged_question
from agentkit.simulator.replies.reply import Reply
from agentkit.simulator.replies.wanted_output import output_schema

_NUMBERS = "evidence_numbers"
_MESSAGE_ID = re.compile("[0-9a-f]{16}")
_MAX_WORDS, _MAX_QUOTES, _MAX_ENTRIES = 30, 8, 30
_MIN_COVERAGE = 0.2
"""The share of a goal that a passage has to cover for its thread to matter: in doubt, it does."""


def next_funnel_turn(request: JSONObject, said: ParsedRequest) -> Reply | None:
    """Return the output that a stage of a funnel asks for. None: the request is another one."""
    schema = output_schema(request) or {}
    names = list(schema.get("properties") or {})
    goal = tagged_question(text_of(request.get("system") or ""))
    if names == ["queries"] and goal:
        words = [f'"{word}"' for word in wanted_terms(goal) if word not in FAINT_TERMS and word.isalnum()]
        return Reply.output({"queries": [" or ".join(words[:_MAX_WORDS]) or "*"]})
    if names == ["relevant", "relevance"] and goal:
        sure = max((hit.coverage for hit in _hits(goal, said)), default=0.0)
        return Reply.output({"relevant": sure > 0, "relevance": sure})
    if names == ["evidence"] and said.given and all(_MESSAGE_ID.fullmatch(document.id) for document in said.given):
        return Reply.output({"evidence": [_evidence(hit) for hit in _hits(goal, said)]})
    if _NUMBERS in names and goal:
        found = search_passages(f"{goal}\n{said.question}", said.evidence, {}, _MAX_ENTRIES, least=0)
        hits = found or [Hit(each, 0, 0) for each in said.evidence[:_MAX_ENTRIES]]
        try:
            return Reply.output({name: [] if name == _NUMBERS else _section(schema, name, hits) for name in names})
        except CannotFill as error:
            return Reply.text(f"{READER_LABEL}. {error}")
    return None


def _hits(goal: str, said: ParsedRequest) -> list[Hit]:
    """Return the passages of a thread that share a little with the goal, or whose titles do."""
    passages = [passage for document in said.given for passage in split_passages(document)]
    titles = {document.id: document.title for document in said.given}
    return search_passages(goal, passages, titles, _MAX_QUOTES, _MIN_COVERAGE)


def _evidence(hit: Hit) -> JSON:
    text = hit.passage.text
    return {"claim": " ".join(text.split()), "quote": text, "document": hit.passage.source, "relevance": hit.coverage}


def _section(root: JSONObject, name: str, hits: Sequence[Hit]) -> JSON:
    schema = resolve_reference(root["properties"][name], root)
    is_text = schema.get("type") == "string"
    return " ".join(_cited(hit, schema) for hit in hits[:3]) if is_text else _value(schema, root, hits)


def _value(schema: JSONObject, root: JSONObject, hits: Sequence[Hit]) -> JSON:
    """Return a value whose texts are quotes with their numbers. Raises CannotFill for what no quote can say."""
    kinds = [resolve_reference(each, root) for each in (schema.get("anyOf") or [schema])]
    for kind in kinds:
        with suppress(CannotFill):
            return _filled(kind, root, hits)
    if any(kind.get("type") == "null" for kind in kinds):
        return None
    raise CannotFill("a section wants what no quote says")


def _filled(schema: JSONObject, root: JSONObject, hits: Sequence[Hit]) -> JSON:
    kind = schema.get("type")
    if kind == "array":
        return [_value(schema.get("items") or {}, root, [hit]) for hit in hits][: schema.get("maxItems")]
    if kind == "object" and schema.get("properties"):
        return {name: _value(inner, root, hits) for name, inner in schema["properties"].items()}
    if kind == "string" and hits and "enum" not in schema:
        return _cited(hits[0], schema)
    raise CannotFill("a section wants what no quote says")


def _cited(hit: Hit, schema: JSONObject) -> str:
    """Return a quote as a sentence with its number, as long as the schema allows."""
    number, text = f" [{hit.passage.source}].", " ".join(hit.passage.text.split()).rstrip(".")
    return text[: schema.get("maxLength", len(text) + len(number)) - len(number)] + number
