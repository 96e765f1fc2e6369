"""The laws of the compiler, over generated types in which every construct stands at depth three."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from agentkit.schema import TypeSchema, compile_type
from agentkit.schema.json_schema.subschemas import transform_schemas
from agentkit.schema.lossless import LosslessSchemaGenerator
from agentkit.schema.strict.form import STRICT_FORMATS, NotStrictable, StrictForm, strict_form
from tests.schema.generated_instances import accepts, damaged, instances
from tests.schema.generated_leaves import LEAVES, Generated
from tests.schema.generated_types import WRAPPERS, generated_with

CONSTRUCTS = (*LEAVES, *WRAPPERS)
FEWEST = 5
"""Each construct is seen at depth three at least so often, for each law."""
seen: Counter[tuple[str, str]] = Counter()


def over_types(function: Callable[..., None]) -> Callable[..., None]:
    """Run a law over generated types; `--hypothesis-profile` may ask for more examples than FEWEST."""
    examples = max(FEWEST, settings.default.max_examples // 12) if settings.default else FEWEST
    law = settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )(given(st.data())(function))
    parametrized: Callable[..., None] = pytest.mark.parametrize("construct", CONSTRUCTS)(law)
    return parametrized


def compiled(data: st.DataObject, construct: str) -> tuple[Generated, TypeSchema[Any], StrictForm | None]:
    """A generated type, its schema and its strict form, where it has one."""
    generated = generated_with(data, construct)
    schema = compile_type(generated.annotation)
    try:
        return generated, schema, strict_form(schema.schema)
    except NotStrictable:
        return generated, schema, None


SHORTCUTS = ("_build_definitions_remapping", "mode", "encode_default")
WithoutShortcuts: Any = type(
    "WithoutShortcuts", (LosslessSchemaGenerator,), {name: vars(GenerateJsonSchema)[name] for name in SHORTCUTS}
)
"""The generator with pydantic's own search for names, its mode and its encoder of defaults."""


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_shortcuts_change_no_byte_of_a_schema(data: st.DataObject) -> None:
    types = [generated_with(data, data.draw(st.sampled_from(CONSTRUCTS))).annotation for _ in range(2)]
    core_schema = TypeAdapter(tuple[*types, types[0]]).core_schema  # type: ignore[valid-type]
    shortened, plain = LosslessSchemaGenerator().generate(core_schema), WithoutShortcuts().generate(core_schema)
    assert json.dumps(shortened) == json.dumps(plain)


@over_types
def test_what_pydantic_accepts_and_dumps_both_schemas_accept(construct: str, data: st.DataObject) -> None:
    """Values of the type, dumped as JSON, fit the lossless and the strict schema and validate again."""
    generated, schema, strict = compiled(data, construct)
    value = data.draw(generated.values, label="value")
    dumped = TypeAdapter(generated.annotation).dump_python(value, mode="json", by_alias=True)
    assert json.loads(json.dumps(dumped)) == dumped
    # Naive times and negative durations are Python's, not RFC 3339's: formats are not checked here.
    assert accepts(schema.schema, dumped, formats=False)
    assert strict is None or accepts(strict.schema, dumped, formats=False)
    assert accepts(schema.schema, schema.dump(schema.validate(dumped)), formats=False)
    seen["dumps", construct] += 1


@over_types
def test_what_the_lossless_schema_accepts_validates(construct: str, data: st.DataObject) -> None:
    """JSON that fits the schema, formats checked, becomes a value; so does damaged JSON that still fits."""
    _, schema, _ = compiled(data, construct)
    instance = data.draw(instances(schema.schema, schema.schema), label="instance")
    assume(accepts(schema.schema, instance))
    schema.validate(instance)
    broken = data.draw(damaged(instance), label="damaged")
    if accepts(schema.schema, broken):
        schema.validate(broken)
    seen["validates", construct] += 1


@over_types
def test_what_the_strict_form_accepts_fails_only_in_what_was_moved(construct: str, data: st.DataObject) -> None:
    """Beyond what words say now, the strict form promises everything that the lossless schema promises."""
    _, schema, strict = compiled(data, construct)
    seen["strict", construct] += 1
    if strict is None:
        return
    instance = data.draw(instances(strict.schema, strict.schema), label="instance")
    assume(accepts(strict.schema, instance))
    assert accepts(transform_schemas(schema.schema, without_moved), instance)
    if accepts(schema.schema, instance):
        schema.validate(instance)
    else:
        assert strict.moved


def without_moved(schema: dict[str, Any]) -> dict[str, Any]:
    """What is left of a lossless schema when everything that the grammar lacks is taken out."""
    gone = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"}
    gone |= {"pattern", "maxItems", "uniqueItems"}
    left = {key: value for key, value in schema.items() if key not in gone}
    if left.get("format") not in STRICT_FORMATS:
        left.pop("format", None)
    if "minItems" in left:
        left["minItems"] = min(1, left["minItems"])
    if "prefixItems" in left:
        left["items"] = {"anyOf": left.pop("prefixItems")}
    if "oneOf" in left:
        left["anyOf"] = left.pop("oneOf")
    return left


def test_every_construct_was_seen_at_depth_three() -> None:
    """The laws above were tried on every construct of the list, not only on those easily drawn."""
    if not seen:
        pytest.skip("the laws did not run in this process")
    counts = {(law, construct): seen[law, construct] for law, _ in seen for construct in CONSTRUCTS}
    assert min(counts.values()) >= FEWEST, counts


def test_the_damage_is_noticed() -> None:
    """A wrong value is refused: the laws do not hold because everything is accepted."""
    schema = compile_type(list[int])
    with pytest.raises(ValidationError):
        schema.validate(["seven"])
