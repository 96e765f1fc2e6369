"""The strict form of a JSON Schema: what Claude's grammar-constrained tools and output formats can express.

The grammar knows objects with named properties, arrays, enums, unions, references and a few formats. What it does
not know moves into the description in plain words; what cannot be said without it (open dictionaries, recursion,
untyped values) has no strict form. Works on any JSON Schema, ours or another's.
"""

from __future__ import annotations

from dataclasses import dataclass

from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.constraint_words import ONE_OF, ORDER, add_sentences, phrases
from agentkit.schema.json_schema.subschemas import follow, is_object
from agentkit.schema.strict.flatten import FlatSchema, NotStrictable, are_apart, distinct, flatten, kind_name

__all__ = ["FORMATS", "NotStrictable", "StrictForm", "strict_form"]

FORMATS = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"),
)
"""The formats of strings that the grammar knows."""


@dataclass(frozen=True, slots=True)
class StrictForm:
    """A schema in the grammar's subset."""

    schema: JSONObject
    moved: tuple[str, ...]
    """Constraints that only the description says now, as `path: words`."""


def strict_form(schema: JSONObject) -> StrictForm:
    """Derive the strict form. Raises NotStrictable, naming the first place that has none and why."""
    form = _Form(schema)
    built = form.build(schema, "", ("#",))
    if form.definitions:
        built["$defs"] = {name: form.definitions[name] for name in sorted(form.definitions)}
    return StrictForm(built, tuple(dict.fromkeys(form.moved)))


class _Form:
    """One derivation: the definitions built so far and the constraints moved so far."""

    def __init__(self, root: JSONObject) -> None:
        self.root = root
        self.definitions: JSONObject = {}
        self.moved: list[str] = []
        self.names: dict[str, str] = {}

    def build(self, schema: object, path: str, inside: tuple[str, ...]) -> JSONObject:
        """The strict form of one part. `inside`: the references that led here."""
        if not is_object(schema) or not schema:
            raise NotStrictable(path, "any value is allowed; give it a type")
        if "$ref" in schema:
            inside = self._entered(schema["$ref"], path, inside)
        flat = flatten(schema, self.root, path)
        if flat.reference is not None:
            return self._described(self._reference(flat.reference, path, inside), flat, path)
        if flat.values is not None:
            built: JSONObject = {**({"type": flat.kinds[0]} if len(flat.kinds) == 1 else {}), **flat.values}
        elif flat.choices is not None:
            built = self._union(flat, path, inside)
        elif len(flat.kinds) > 1:
            built = {"anyOf": [self.build(choice, path, inside) for choice in flat.by_kind()]}
        elif flat.kinds == ("object",):
            built = self._object(flat, path, inside)
        elif flat.kinds == ("array",):
            built = self._array(flat, path, inside)
        elif flat.kinds:
            built = {"type": flat.kinds[0]}
            if flat.kinds == ("string",) and flat.constraints.get("format") in FORMATS:
                built["format"] = flat.constraints.pop("format")
        else:
            raise NotStrictable(path, "any value is allowed; give it a type")
        return self._described(built, flat, path)

    def _described(self, built: JSONObject, flat: FlatSchema, path: str) -> JSONObject:
        said = phrases(flat.constraints)
        self.note(path, said)
        text = add_sentences(flat.description, said, () if flat.values and "const" in flat.values else flat.default)
        inner = built.pop("description", "")
        text = " ".join(part for part in (text, inner) if part)
        return {**built, "description": text} if text else built

    def note(self, path: str, said: list[str]) -> None:
        """Record constraints that only words say from now on."""
        self.moved += [f"{path}: {phrase}" if path else phrase for phrase in said]

    # -- references -----------------------------------------------------------------------------

    def _entered(self, ref: str, path: str, inside: tuple[str, ...]) -> tuple[str, ...]:
        if ref in inside:
            name = ref.rsplit("/", 1)[-1]
            raise NotStrictable(
                path, "recursive: it contains itself" if name == "#" else f"recursive: {name} contains itself"
            )
        return (*inside, ref)

    def _reference(self, ref: str, path: str, inside: tuple[str, ...]) -> JSONObject:
        """A definition is built once, where it is first met."""
        if ref not in self.names:
            built = self.build(follow(ref, self.root), path, inside)
            name = ref.rsplit("/", 1)[-1]
            while name in self.definitions:
                name += "_"
            self.names[ref] = name
            self.definitions[name] = built
        return {"$ref": f"#/$defs/{self.names[ref]}"}

    # -- structure ------------------------------------------------------------------------------

    def _object(self, flat: FlatSchema, path: str, inside: tuple[str, ...]) -> JSONObject:
        properties = flat.structure.get("properties", {})
        # Left out, it means open; whoever names properties and says no more nearly always means these.
        if flat.structure.get("additionalProperties", "properties" not in flat.structure) is not False:
            raise NotStrictable(path, "an open dictionary: its keys are not named")
        if flat.structure.get("patternProperties"):
            raise NotStrictable(path, "an open dictionary: its keys are named by a pattern only")
        required = flat.structure.get("required", [])
        for name in required:
            if name not in properties:
                raise NotStrictable(path, f"`{name}` is required but not described")
        built: JSONObject = {
            "type": "object",
            "properties": {
                name: self.build(inner, f"{path}.{name}" if path else name, inside)
                for name, inner in properties.items()
            },
        }
        if required:
            built["required"] = list(required)
        return {**built, "additionalProperties": False}

    def _array(self, flat: FlatSchema, path: str, inside: tuple[str, ...]) -> JSONObject:
        prefix = flat.structure.get("prefixItems")
        items = flat.structure.get("items", True)
        if prefix is None:
            if items is False or flat.constraints.get("maxItems") == 0:
                flat.constraints["maxItems"] = 0
                items = {"type": "null"}  # any type serves: there are no items
            built: JSONObject = {"type": "array", "items": self.build(items, f"{path}[]", inside)}
        else:
            built = {"type": "array", "items": self._by_position(flat, prefix, items, path, inside)}
        fewest = flat.constraints.get("minItems", 0)
        if fewest:
            built["minItems"] = 1
        if fewest <= 1 and flat.constraints.get("maxItems") != fewest:
            flat.constraints.pop("minItems", None)
        return built

    def _by_position(
        self, flat: FlatSchema, prefix: list[object], items: object, path: str, inside: tuple[str, ...]
    ) -> JSONObject:
        """Items by position become items of any of their types; which stands where moves into words."""
        choices = [self.build(inner, f"{path}[{i}]", inside) for i, inner in enumerate(prefix)]
        said = [str(inner.get("description", "")) if is_object(inner) else "" for inner in prefix]
        order = [f"{i + 1}. {kind_name(choice, said[i])}" for i, choice in enumerate(choices)]
        if items is False:
            flat.constraints.setdefault("maxItems", len(prefix))
        elif flat.constraints.get("maxItems", len(prefix) + 1) > len(prefix):
            choices.append(self.build(items, f"{path}[]", inside))
            order.append(f"then {kind_name(choices[-1])}")
        bare = [{key: value for key, value in choice.items() if key != "description"} for choice in choices]
        kinds = distinct(bare)
        if order:
            flat.constraints[ORDER] = ", ".join(order)
        if not kinds:
            return {"type": "null"}
        return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}

    def _union(self, flat: FlatSchema, path: str, inside: tuple[str, ...]) -> JSONObject:
        choices = [self.build(choice, path, inside) for choice in flat.choices or ()]
        if flat.is_exclusive and not are_apart(choices, self.definitions):
            flat.constraints[ONE_OF] = True
        flattened: list[JSONObject] = []
        for choice in choices:
            flattened += choice["anyOf"] if choice.keys() == {"anyOf"} else [choice]
        kinds = distinct(flattened)
        return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
