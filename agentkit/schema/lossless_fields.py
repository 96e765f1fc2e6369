"""Lossless JSON Schema of fields: what is shown is what validation takes, under the name that it takes.

pydantic shows fields that cannot be given (`init=False`), a field's own name where validation reads it from a path
inside another, aliases where validation takes none, and one of two fields with the same alias.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.subschemas import is_list, is_object
from agentkit.schema.lossless_values import AnyCoreSchema, LosslessValueSchemas
from agentkit.schema.stable_json import to_stable_json


class LosslessFieldSchemas(LosslessValueSchemas):
    """The part of the schema generator for the fields of classes."""

    def __init__(self, *, by_alias: bool = True) -> None:
        super().__init__(by_alias=by_alias)
        self._shown_names: dict[int, str] = {}

    def shown_name(self, field: AnyCoreSchema, name: str) -> str:
        """Return the name under which a field is shown; it was generated before."""
        return self._shown_names.get(id(field), name)

    def dataclass_args_schema(self, schema: core_schema.DataclassArgsSchema) -> JsonSchemaValue:
        """Generate the schema of a dataclass's fields, without those that its `__init__` does not take."""
        fields = [field for field in schema["fields"] if field.get("init", True)]
        return super().dataclass_args_schema({**schema, "fields": fields})

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Generate the schema of a pydantic model."""
        built = super().model_schema(schema)
        if schema.get("custom_init") and not schema.get("root_model"):
            _require_init_takes(schema["cls"], built.get("properties", {}))
        return built

    def _named_required_fields_schema(
        self, named_required_fields: Sequence[tuple[str, bool, AnyCoreSchema]]
    ) -> JsonSchemaValue:
        shown: dict[str, str] = {}
        for name, _, field in named_required_fields:
            alias = self._shown_names[id(field)] = self._get_alias_name(field, name)
            other = shown.setdefault(alias, name)
            if other != name:
                raise DefinitionError(
                    f"`{other}` and `{name}` have the same alias `{alias}`, so that only one could be given; give each "
                    "its own"
                )
        built = super()._named_required_fields_schema(named_required_fields)
        for name, is_required, field in named_required_fields:
            if is_required and self.shown_name(field, name) not in built["properties"]:
                raise DefinitionError(
                    f"its field `{name}` is hidden from the schema and required, so that no call could give it; give "
                    "it a default"
                )
        return built

    def _get_alias_name(self, field: AnyCoreSchema, name: str) -> str:
        alias: object = field.get("validation_alias", name)
        if alias is name or self._config.validate_by_alias is False:
            return name
        if isinstance(alias, str):
            return alias
        paths = _paths(alias)
        if single := [path[0] for path in paths if len(path) == 1]:
            return str(single[0])
        if self._config.validate_by_name or self._config.populate_by_name:
            return name
        raise DefinitionError(
            f"its field `{name}` is read from a path inside another field, {paths[0]}, which no schema can show; give "
            "it an alias of one name, or give the class a field of that shape"
        )

    def set_stable_examples(self, properties: JSONObject, names: Mapping[str, str], cls: type) -> None:
        """Write the examples of a class's fields again, with sets in order. `names`: the properties by field."""
        infos: object = getattr(cls, "__pydantic_fields__", None)
        for field, info in infos.items() if is_object(infos) else ():
            examples = getattr(info, "examples", None)
            part = properties.get(names.get(field, ""))
            if examples and is_object(part) and "examples" in part:
                part["examples"] = to_stable_json(examples)


def _require_init_takes(cls: type, properties: Mapping[str, object]) -> None:
    """Raise DefinitionError for a model whose own `__init__`, which validation calls, takes other names than shown."""
    try:
        inspect.signature(cast("Any", cls).__init__).bind(None, **properties)
    except TypeError as error:
        raise DefinitionError(
            f"the `__init__` of {cls.__name__} does not take what its fields are named ({error}); validation calls it "
            "with them: write a classmethod beside it, or a validator"
        ) from error


def _paths(alias: object) -> list[list[object]]:
    """Return the paths of an AliasPath, or of each choice of an AliasChoices, as pydantic keeps them."""
    steps = alias if is_list(alias) else []
    return steps if steps and is_list(steps[0]) else [steps]
