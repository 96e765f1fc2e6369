"""A value for a JSON schema, filled by the roles of its properties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jsonschema import Draft202012Validator

from agentkit.messages import JSON, JSONObject
from agentkit.simulator.offline.passages import Passage
from agentkit.simulator.offline.retrieval import Hit
from agentkit.simulator.offline.roles import Role, role_of

_YES = ("yes", "true", "found", "answered", "full", "complete", "ok", "ja", "supported", "relevant", "sufficient")
_NO = ("no", "false", "not_found", "none", "unanswered", "absent", "missing", "empty", "nein", "unsupported", "unknown")


class CannotFill(Exception):
    """A property has no role that is known here; the text names it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to say."""

    question: str
    answer: str = ""
    """The answer in words. Empty: these are the facts for a call, where only its own sources are said."""
    note: str = ""
    hits: Sequence[Hit] = ()
    sources: Sequence[str] = ()
    titles: Mapping[str, str] = field(default_factory=dict[str, str])
    missing: Sequence[str] = ()
    texts: Mapping[str, str] = field(default_factory=dict[str, str])

    def of(self, source: str) -> Facts:
        """The facts that come from one source."""
        hits = [hit for hit in self.hits if hit.passage.source == source]
        return Facts(self.question, self.answer, self.note, hits, [source], self.titles)


def fill(schema: JSONObject, facts: Facts) -> JSON:
    """A valid value. Raises CannotFill when the facts do not make one."""
    value = _Form(schema).value(schema, "text", facts, None, "the value")
    problem = next(iter(Draft202012Validator(schema).iter_errors(value)), None)
    if problem is not None:
        raise CannotFill(f"{problem.json_path}: {problem.validator} is not met")
    return value


@dataclass(frozen=True, slots=True)
class _Form:
    root: JSONObject

    def value(self, schema: JSONObject, role: Role, facts: Facts, hit: Hit | None, path: str) -> JSON:
        schema = self.resolve(schema)
        if "const" in schema:
            return schema["const"]
        kinds = schema.get("type")
        choices: list[JSONObject] = schema.get("anyOf") or schema.get("oneOf") or []
        if isinstance(kinds, list):
            choices = [{**schema, "type": kind} for kind in kinds]
        if choices:
            return self._choose(choices, role, facts, hit, path)
        if "enum" in schema:
            return _option(schema["enum"], role, facts, path)
        match kinds:
            case "object":
                return self._object(schema, facts, hit, path)
            case "array":
                return self._array(schema, role, facts, hit, path)
            case "null":
                return None
            case _:
                return _leaf(schema, role, facts, hit, path)

    def resolve(self, schema: JSONObject) -> JSONObject:
        while "$ref" in schema or len(schema.get("allOf", ())) == 1:
            if "allOf" in schema:
                schema = {**{k: v for k, v in schema.items() if k != "allOf"}, **schema["allOf"][0]}
            else:
                rest = {key: inner for key, inner in schema.items() if key != "$ref"}
                target = self.root
                for step in str(schema["$ref"]).split("/")[1:]:
                    target = target[step]
                schema = {**target, **rest}
        return schema

    def _choose(self, choices: list[JSONObject], role: Role, facts: Facts, hit: Hit | None, path: str) -> JSON:
        resolved = [self.resolve(choice) for choice in choices]
        can_be_null = any(choice.get("type") == "null" for choice in resolved)
        problem = CannotFill(path)
        for choice in resolved:
            if choice.get("type") != "null":
                try:
                    value = self.value(choice, role, facts, hit, path)
                except CannotFill as error:
                    problem = error
                    continue
                if value not in ("", []) and (facts.hits or not _is_evidence(self, choice, role)) or not can_be_null:
                    return value
        if can_be_null:
            return None
        raise problem

    def _object(self, schema: JSONObject, facts: Facts, hit: Hit | None, path: str) -> JSON:
        if path.count(".") > 6:
            raise CannotFill(f"{path} is nested too deep")
        roles = self.roles(schema)
        if (
            hit is None
            and facts.hits
            and {"quote", "start", "end"} & {roles[k] for k in roles if not _is(self, schema, k, "array")}
        ):
            hit = facts.hits[0]
        filled: dict[str, JSON] = {}
        for key, inner in schema.get("properties", {}).items():
            role = roles[key]
            if (
                hit is not None
                and role == "text"
                and _is(self, schema, key, "string")
                and "quote" not in roles.values()
            ):
                role = "quote"
            is_required = key in schema.get("required", ())
            if not is_required and not facts.answer and role not in ("question", "query", "source"):
                continue
            try:
                filled[key] = self.value(inner, role, facts, hit, f"{path}.{key}")
            except CannotFill:
                if is_required:
                    raise
        return filled

    def roles(self, schema: JSONObject) -> dict[str, Role]:
        """The role of each property of an object."""
        inner = {key: self.resolve(value) for key, value in schema.get("properties", {}).items()}
        return {key: role_of(key, value.get("type")) for key, value in inner.items()}

    def _array(self, schema: JSONObject, role: Role, facts: Facts, hit: Hit | None, path: str) -> JSON:
        items = self.resolve(schema.get("items", {}))
        hits: list[Hit | None] = list(facts.hits if hit is None else [hit])
        roles = self.roles(items)
        if role == "missing":
            named = facts.missing
        elif items.get("type") == "object" and any(
            kind in ("quote", "text") and _is(self, items, key, "array") for key, kind in roles.items()
        ):
            parts = [facts.of(source) for source in facts.sources]
            return [self.value(items, role, part, None, f"{path}.0") for part in parts][: schema.get("maxItems")]
        elif role in ("quote", "text") or {"quote", "text", "start"} & set(roles.values()):
            return [self.value(items, "quote", facts, each, f"{path}.0") for each in hits][: schema.get("maxItems")]
        elif role in ("source", "title", "name", "note") or "source" in roles.values():
            named = facts.sources
        else:
            named = [facts.question] if role in ("question", "query") else []
        places = [Hit(Passage(name, None, None, ""), 0, 0) for name in named]
        inner: Role = "source" if role in ("missing", "note", "name") else role
        return [self.value(items, inner, facts, place, f"{path}.0") for place in places][: schema.get("maxItems")]


def _is(form: _Form, schema: JSONObject, key: str, kind: str) -> bool:
    return form.resolve(schema["properties"][key]).get("type") == kind


def _is_evidence(form: _Form, schema: JSONObject, role: Role) -> bool:
    return role in ("quote", "source", "start", "end") or "quote" in form.roles(schema).values()


def _option(options: list[JSON], role: Role, facts: Facts, path: str) -> JSON:
    """The choice that says what is known: one of one, yes or no, or how sure."""
    words = {str(option).lower().replace("-", "_").replace(" ", "_"): option for option in options}
    wanted = _YES if facts.hits else _NO
    if role == "confidence":
        sure = facts.hits[0].coverage if facts.hits else 0.0
        wanted = ("high",) if sure > 0.85 else ("medium",) if sure > 0.5 else ("low", "none")
    found = [words[word] for word in wanted if word in words] or (options if len(options) == 1 else [])
    if not found:
        raise CannotFill(f"{path}: which of its values fits is not known")
    return found[0]


def _leaf(schema: JSONObject, role: Role, facts: Facts, hit: Hit | None, path: str) -> JSON:
    passage = hit.passage if hit is not None else None
    source = passage.source if passage is not None else next(iter(facts.sources), "")
    coverage = (hit.coverage if hit is not None else facts.hits[0].coverage) if facts.hits else 0.0
    known: dict[tuple[str, str], JSON] = {
        ("string", "question"): facts.question,
        ("string", "query"): facts.question,
        ("string", "source"): source,
        ("string", "name"): source,
        ("string", "title"): facts.titles.get(source) or source,
        ("string", "quote"): passage.text if passage is not None else "",
        ("string", "text"): facts.answer or facts.texts.get(source),
        ("string", "note"): facts.note or None,
        ("string", "format"): "Exact quotes and where they stand, from the sources alone.",
        ("string", "missing"): ", ".join(facts.missing),
        ("integer", "start"): passage.start if passage is not None else 0,
        ("integer", "end"): passage.end if passage is not None else 0,
        ("integer", "count"): len(facts.hits),
        ("boolean", "found"): bool(facts.hits),
        ("number", "confidence"): coverage * schema.get("maximum", 1),
    }
    value = known.get((str(schema.get("type")), role))
    if value is None:
        raise CannotFill(f"{path}: what belongs there is not known")
    is_prose = isinstance(value, str) and role in ("text", "note")
    return str(value)[: schema.get("maxLength")] if is_prose else value
