"""Filling of a JSON schema with known facts, by the roles of its properties, which are guessed from their names."""

import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace

from agentkit.messages.message import JSON, JSONObject
from agentkit.retrieval.passages import Hit, Passage
from agentkit.schema.json_schema.checker import SchemaChecker
from agentkit.schema.json_schema.subschemas import resolve_reference

_WORDS = {
    "question": "question objective task goal brief assignment instruction prompt frage auftrag",
    "query": "query topic request ask",
    "source": "source document doc id file path filename url uri article quelle dokument",
    "name": "name key ref title titel",
    "quote": "quote quotation excerpt passage snippet evidence citation cited verbatim sentence zitat beleg",
    "claim": "claim statement fact",
    "text": "text answer summary report conclusion response result finding explanation reply message content context "
    "body note overview point insight detail reason reasoning antwort bericht zusammenfassung",
    "start": "start begin offset",
    "end": "end stop",
    "found": "found verdict status answered",
    "confidence": "confidence score certainty probability relevance",
    "missing": "missing unread failed unreadable skipped",
}
_ROLES = {word: role for role, words in _WORDS.items() for word in words.split()}
_YES = ("yes", "true", "found", "answered", "complete", "supported", "relevant", "sufficient", "ja")
_NO = ("no", "false", "not_found", "none", "unanswered", "absent", "missing", "unsupported", "unknown", "nein")


def role_of(name: str) -> str:
    """Return the role of a property, by the last word of its name that is in the table. Empty: no role is known."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-zÀ-ÿ]+", " ", name).lower().split()
    return next((role for w in reversed(words) if (role := _ROLES.get(w) or _ROLES.get(w.removesuffix("s")))), "")


class CannotFill(Exception):
    """A value that the schema requires is not known; the text names its path."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts to fill in. Those for a tool call have only a question and sources, no answer."""

    question: str
    answer: str = ""
    hits: Sequence[Hit] = ()
    sources: Sequence[str] = ()
    titles: Mapping[str, str] = field(default_factory=dict[str, str])
    missing: Sequence[str] = ()


def fill_schema(schema: JSONObject, facts: Facts) -> JSON:
    """Return a value that is valid by the schema. Raises CannotFill when the facts do not suffice."""
    value = _SchemaFiller(schema, facts).fill_value(schema, "text", None, "the value")
    for misfit in SchemaChecker(schema).find_violations(value):
        raise CannotFill(f"{'.'.join(map(str, ('the value', *misfit.path)))}: `{misfit.keyword}` is not met")
    return value


@dataclass(frozen=True, slots=True)
class _SchemaFiller:
    root: JSONObject
    facts: Facts

    def fill_value(self, schema: JSONObject, role: str, hit: Hit | None, path: str) -> JSON:
        schema = resolve_reference(schema, self.root)
        kind = schema.get("type")
        kinds: list[str] = schema["type"] if isinstance(schema.get("type"), list) else []
        choices = schema.get("anyOf") or schema.get("oneOf") or [{**schema, "type": each} for each in kinds]
        if "const" in schema or "enum" in schema:
            return self.fill_enum([schema["const"]] if "const" in schema else schema["enum"], role, hit, path)
        if choices:
            return self.fill_union([resolve_reference(each, self.root) for each in choices], role, hit, path)
        if kind == "object" and path.count(".") < 8:
            return self.fill_object(schema, hit, path)
        return self.fill_array(schema, role, hit, path) if kind == "array" else self.fill_leaf(schema, role, hit, path)

    def property_roles(self, schema: JSONObject, *kinds: str) -> dict[str, str]:
        inner = {key: resolve_reference(value, self.root) for key, value in schema.get("properties", {}).items()}
        kinds_of = {key: [each.get("type") for each in value.get("anyOf", [value])] for key, value in inner.items()}
        return {key: role_of(key) for key in inner if {*kinds} & {*map(str, kinds_of[key])}}

    def fill_union(self, choices: list[JSONObject], role: str, hit: Hit | None, path: str) -> JSON:
        kinds = [each.get("type") for each in choices]
        if "null" in kinds and not hit and not self.facts.hits and role not in ("text", "question", "missing"):
            return None  # rather than an empty quote
        for each in [each for each in choices if each.get("type") != "null"]:
            with suppress(CannotFill):
                return self.fill_value(each, role, hit, path)
        if "null" in kinds:
            return None
        raise CannotFill(f"{path}: none of its forms can be filled")

    def fill_object(self, schema: JSONObject, hit: Hit | None, path: str) -> JSON:
        roles = self.property_roles(schema, "string", "integer")
        hit = hit or next(iter(self.facts.hits if {"quote", "start"} & {*roles.values()} else ()), None)
        filled: dict[str, JSON] = {}
        for key, inner in schema.get("properties", {}).items():
            role = "quote" if hit and roles.get(key) == "text" and "quote" not in roles.values() else role_of(key)
            is_required = key in schema.get("required", ())
            if is_required or self.facts.answer or role in ("question", "source"):
                with nullcontext() if is_required else suppress(CannotFill):
                    filled[key] = self.fill_value(inner, role, hit, f"{path}.{key}")
        return filled

    def fill_array(self, schema: JSONObject, role: str, hit: Hit | None, path: str) -> JSON:
        items = resolve_reference(schema.get("items") or {}, self.root)
        roles = {*self.property_roles(items, "string", "integer").values()}
        forms: list[tuple[_SchemaFiller, Hit | None]] = [(self, each) for each in ([hit] if hit else self.facts.hits)]
        if "quote" in self.property_roles(items, "array").values():  # a list of sources, each with its quotes
            hits = {name: [hit for hit in self.facts.hits if hit.passage.source == name] for name in self.facts.sources}
            forms = [(replace(self, facts=replace(self.facts, hits=hits[name], sources=[name])), None) for name in hits]
        elif role not in ("quote", "text") and not roles & {"quote", "text", "start"}:
            names = self.facts.missing if role == "missing" else self.facts.sources
            forms = [(self, Hit(Passage(name, None, None, ""), 0, 0)) for name in names]
            role = role if role == "name" else "source"
        role = "quote" if role == "text" else role
        return [form.fill_value(items, role, each, f"{path}.0") for form, each in forms][: schema.get("maxItems")]

    def fill_enum(self, options: list[JSON], role: str, hit: Hit | None, path: str) -> JSON:
        words = {re.sub(r"\W", "_", str(option).lower()): option for option in options}
        sure = max((hit.coverage for hit in self.facts.hits), default=0.0)
        level = "high" if sure > 0.85 else "medium" if sure > 0.5 else "low"
        wanted = (level, "low", "none") if role == "confidence" else _YES if self.facts.hits else _NO
        if role == "source" and (source := self.fill_leaf({"type": "string"}, role, hit, path)) in options:
            return source
        for option in options if len(options) == 1 else [words[word] for word in wanted if word in words]:
            return option
        raise CannotFill(f"{path}: which of its values fits is not known")

    def fill_leaf(self, schema: JSONObject, role: str, hit: Hit | None, path: str) -> JSON:
        facts = self.facts
        passage = hit.passage if hit else Passage(next(iter(facts.sources), ""), 0, 0, "")
        known: dict[tuple[object, str], JSON] = {
            ("string", "question"): facts.question,
            ("string", "source"): passage.source,
            ("string", "name"): facts.titles.get(passage.source) or passage.source,
            ("string", "quote"): passage.text,
            ("string", "claim"): passage.text or facts.answer[: schema.get("maxLength")] or None,
            ("string", "text"): facts.answer[: schema.get("maxLength")] or None,
            ("string", "missing"): ", ".join(facts.missing),
            ("integer", "start"): passage.start,
            ("integer", "end"): passage.end,
            ("number", "confidence"): (hit or facts.hits[0]).coverage if facts.hits else 0.0,
        }
        value = bool(facts.hits) if schema.get("type") == "boolean" else known.get((schema.get("type"), role))
        if value is None and schema.get("type") != "null":
            raise CannotFill(f"{path}: what belongs there is not known")
        return value
