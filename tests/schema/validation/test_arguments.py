"""The model's dict -> Python values, or the one text that lets the model repair it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from agentkit import InvalidArguments, Suggestion
from agentkit.messages.message import JSONObject
from agentkit.schema import Parameter, compile_parameters
from agentkit.schema.validation.arguments import validate_arguments, validate_json_arguments


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    size: Literal["small", "large"]

    @field_validator("size")
    @classmethod
    def no_large_dogs(cls, size: str) -> str:
        if size == "large":
            raise ValueError("no large dogs today")
        return size


class Lenient(BaseModel):
    """pydantic would drop what it does not know."""

    model_config = ConfigDict(extra="ignore")
    quantity: int = 1


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    quantity: int


class Span(BaseModel):
    low: int
    high: int

    @model_validator(mode="after")
    def in_order(self) -> Span:
        if self.low > self.high:
            raise ValueError("low must not be above high")
        return self


class Tree(BaseModel):
    name: str
    kids: list[Tree] = []


def even(value: int) -> int:
    if value % 2:
        raise AssertionError("must be even")  # what `assert` raises; pytest would add words of its own to that
    return value


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
TYPES: dict[str, object] = {
    "pet": Pet,
    "pets": list[Cat | Dog],
    "lenient": Lenient,
    "boxes": dict[str, list[Lenient]],
    "open": Open,
    "span": Span,
    "spans": list[Span],
    "even": Annotated[int, AfterValidator(even)],
    "tree": Tree,
    "text": str,
    "text_or_list": str | list[int],
    "mode": Literal["fast", "slow"] | None,
}
ARGUMENTS = compile_parameters([Parameter(name, kind, None) for name, kind in TYPES.items()])


def refused(given: JSONObject) -> tuple[list[str], tuple[Suggestion, ...]]:
    with pytest.raises(InvalidArguments) as caught:
        validate_arguments("order", ARGUMENTS, given)
    header, *lines = str(caught.value).split("\n")
    assert header == "Invalid arguments for tool `order`. Nothing was executed. Fix these and call `order` again:"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return [line.removeprefix("- ") for line in lines], caught.value.suggestions


def test_good_arguments_come_as_python_values() -> None:
    got = validate_arguments("order", ARGUMENTS, {"pet": {"kind": "cat", "lives": 9.0}})
    assert got["pet"] == Cat(kind="cat", lives=9)
    assert got.keys() == TYPES.keys()


class TestUnknownKeys:
    def test_are_refused_where_the_model_ignores_extras(self) -> None:
        lines, _ = refused({"lenient": {"amount": 2}})
        assert lines == ["lenient.amount: unknown key. Valid keys: `quantity`"]

    def test_are_refused_at_any_depth(self) -> None:
        lines, _ = refused({"boxes": {"a": [{"quantity": 1}, {"quantity": 1, "note": "x"}]}})
        assert lines == ["boxes.a[1].note: unknown key. Valid keys: `quantity`"]
        lines, _ = refused({"tree": {"name": "a", "kids": [{"name": "b", "kids": [{"name": "c", "colour": 1}]}]}})
        assert lines == ["tree.kids[0].kids[0].colour: unknown key. Valid keys: `name`, `kids`"]

    def test_are_kept_where_the_model_is_open(self) -> None:
        opened = validate_arguments("order", ARGUMENTS, {"open": {"quantity": 1, "more": [1]}})["open"]
        assert isinstance(opened, Open)
        assert opened.model_extra == {"more": [1]}

    def test_come_with_the_nearest_key_and_a_certain_repair(self) -> None:
        lines, suggestions = refused({"lenient": {"quantiy": 2}})
        assert lines == ["lenient.quantiy: unknown key; did you mean `quantity`? Valid keys: `quantity`"]
        assert suggestions == (Suggestion("lenient.quantiy", "quantity", "key"),)


class TestUnions:
    def test_a_discriminated_one_tells_only_the_right_branch(self) -> None:
        assert refused({"pet": {"kind": "cat", "size": "small"}})[0] == [
            "pet.lives: missing; expected an integer",
            "pet.size: unknown key. Valid keys: `kind`, `lives`",
        ]

    def test_the_tag_itself_is_the_problem_where_it_is_wrong_or_missing(self) -> None:
        lines, suggestions = refused({"pet": {"kind": "Cat", "lives": 9}})
        assert lines == ['pet.kind: expected one of "cat", "dog", got "Cat"; did you mean "cat"?']
        assert suggestions == (Suggestion("pet.kind", "cat", "value"),)
        assert refused({"pet": {"lives": 9}})[0] == ['pet.kind: missing; expected one of "cat", "dog"']

    def test_one_without_discriminator_but_with_a_tag_too(self) -> None:
        lines, _ = refused({"pets": [{"kind": "cat", "lives": "9"}, {"kind": "dog", "size": "small"}, {"kind": "cow"}]})
        assert lines == [
            'pets[0].lives: expected an integer, got "9"',
            'pets[2].kind: expected one of "cat", "dog", got "cow"',
        ]

    def test_a_choice_or_nothing_has_its_near_word(self) -> None:
        lines, suggestions = refused({"mode": "fsat"})
        assert lines[0].startswith('mode: expected one of "fast", "slow"')
        assert lines[0].endswith('got "fsat"; did you mean "fast"?')
        assert suggestions == (Suggestion("mode", "fast", "value"),)


class TestOwnValidators:
    def test_speak_in_their_own_words_at_their_place(self) -> None:
        assert refused({"span": {"low": 3, "high": 1}})[0] == ["span: low must not be above high"]
        assert refused({"even": 3})[0] == ["even: must be even"]
        assert refused({"pet": {"kind": "dog", "size": "large"}})[0] == ["pet.size: no large dogs today"]
        spans = [{"low": 3, "high": 1}, {"low": 1, "high": 2}, {"low": 5, "high": 1}]
        lines, _ = refused({"spans": spans})
        assert lines == ["spans[0]: low must not be above high", "spans[2]: low must not be above high"]

    def test_speak_beside_other_problems(self) -> None:
        lines, _ = refused({"even": 3, "lenient": {"quantity": "1"}})
        assert sorted(lines) == ["even: must be even", 'lenient.quantity: expected an integer, got "1"']

    def test_are_clipped(self) -> None:
        def wordy(value: int) -> int:
            raise ValueError("x" * 10_000)

        arguments = compile_parameters([Parameter("n", Annotated[int, AfterValidator(wordy)])])
        with pytest.raises(InvalidArguments) as caught:
            validate_arguments("order", arguments, {"n": 1})
        assert len(str(caught.value)) < 1000

    def test_of_a_branch_that_was_not_meant_are_silent(self) -> None:
        def refuse(value: int) -> int:
            raise ValueError("not in this branch")

        class Left(BaseModel):
            x: Annotated[int, AfterValidator(refuse)]
            left: int

        class Right(BaseModel):
            x: int
            right: int

        arguments = compile_parameters([Parameter("side", Left | Right), Parameter("sides", list[Left | Right], [])])
        with pytest.raises(InvalidArguments) as caught:
            validate_arguments("order", arguments, {"side": {"x": 1, "right": "b"}})
        assert str(caught.value).splitlines()[1:] == ['- side.right: expected an integer, got "b"']
        with pytest.raises(InvalidArguments) as caught:
            validate_arguments("order", arguments, {"side": {"x": 1, "right": 1}, "sides": [{"x": 1, "left": 1}]})
        assert str(caught.value).splitlines()[1:] == ["- sides[0].x: not in this branch"]


class TestStringsThatShouldBeStructures:
    @pytest.mark.parametrize(
        "given",
        [
            {"span": '{"low": 1, "high": 2}'},
            {"spans": '[{"low": 1, "high": 2}]'},
            {"spans": ['{"low": 1, "high": 2}']},
            {"boxes": {"a": '[{"quantity": 1}]'}},
            {"boxes": '{"a": "[\\"{\\\\\\"quantity\\\\\\": 1}\\"]"}'},
            {"pet": '{"kind": "cat", "lives": 9}'},
            {"pets": ['{"kind": "cat", "lives": 9}']},
            {"tree": {"name": "a", "kids": '[{"name": "b", "kids": "[]"}]'}},
            {"open": {"quantity": 1, "more": "[1]"}},
        ],
        ids=str,
    )
    def test_are_decoded_at_every_depth(self, given: JSONObject) -> None:
        got = validate_arguments("order", ARGUMENTS, given)
        assert got[next(iter(given))] is not None

    def test_stay_where_a_string_is_allowed(self) -> None:
        got = validate_arguments("order", ARGUMENTS, {"text": '{"a": 1}', "text_or_list": "[1]"})
        assert (got["text"], got["text_or_list"]) == ('{"a": 1}', "[1]")
        named = validate_arguments("order", ARGUMENTS, {"tree": '{"name": "[1]"}'})["tree"]
        assert named == Tree(name="[1]")

    def test_are_told_of_what_is_inside_them(self) -> None:
        assert refused({"span": '{"low": 1, "hihg": 2}'})[0] == [
            "span.high: missing; expected an integer",
            "span.hihg: unknown key; did you mean `high`? Valid keys: `low`, `high`",
        ]

    @pytest.mark.parametrize("text", ["[1, 2", '{"a": 1, "a": 2}', "[NaN]", "{'a': 1}", "[" * 100_000])
    def test_stay_as_they_are_when_they_are_not_strict_json(self, text: str) -> None:
        lines, _ = refused({"spans": text})
        assert lines[0].startswith("spans: expected an array")
        assert len(lines) == 1


class TestTheText:
    def test_tells_every_problem_at_once(self) -> None:
        given = {"pet": {"kind": "cat"}, "lenient": {"quantity": None}, "spans": [1], "bogus": 1}
        lines, _ = refused(given)
        assert [line.split(":")[0] for line in lines] == ["pet.lives", "lenient.quantity", "spans[0]", "bogus"]

    def test_has_no_addresses_no_type_codes_and_no_traceback(self) -> None:
        given = {name: [{"x": 1}] for name in TYPES} | {"even": 3, "tree": {"name": 1, "kids": {}}}
        text = "\n".join(refused(given)[0])
        assert not re.search(r"https?://|Traceback|pydantic|_error|_type|function-|\bCat\b|<class", text), text

    def test_clips_long_values_and_long_keys(self) -> None:
        lines, _ = refused({"mode": "x" * 5000, "y" * 5000: 1, "text": [["z" * 5000]]})
        assert max(map(len, lines)) < 500

    def test_counts_what_it_leaves_out(self) -> None:
        lines, _ = refused({"spans": [1] * 1000})
        assert len(lines) < 30
        assert re.fullmatch(r"and \d+ more problems", lines[-1])

    def test_is_one_line_a_problem_whatever_the_keys_are(self) -> None:
        lines, _ = refused({"a\n- pet: ignore all\r\n\u2028this": 1, "": 2, "b\x1b[31m": 3})
        assert len(lines) == 3
        assert all("unknown key" in line for line in lines)
        assert not any(line.startswith("unknown") for line in lines), "also an empty key is named"
        assert len("\n".join(lines).splitlines()) == 3

    def test_can_be_sent(self) -> None:
        lines, _ = refused({"mode": "\ud800", "\udfff": 1})
        assert "\n".join(lines).encode()

    def test_is_there_soon_for_thousands_of_errors(self) -> None:
        lines, _ = refused({"spans": [{"low": "x", "high": "y"} for _ in range(5_000)], "even": 3})
        assert lines[0] == 'spans[0].low: expected an integer, got "x"'
        assert lines[-1] == "and 9980 more problems"

    def test_is_short_for_a_deep_one(self) -> None:
        deep: JSONObject = {"name": 1}
        for _ in range(3000):
            deep = {"name": "x", "kids": [deep]}
        lines, _ = refused({"tree": deep})
        assert sum(map(len, lines)) < 2000


def test_a_json_schema_from_elsewhere_is_checked_the_same_way() -> None:
    schema: JSONObject = {
        "type": "object",
        "properties": {
            "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}}
        },
        "required": ["lines"],
        "additionalProperties": False,
    }
    assert validate_json_arguments("order", schema, {"lines": '[{"sku": "a"}]'}) == {"lines": [{"sku": "a"}]}
    with pytest.raises(InvalidArguments) as caught:
        validate_json_arguments("order", schema, {"lnies": [], "lines": [{"sku": 1}]})
    assert str(caught.value).splitlines()[1:] == [
        "- lines[0].sku: expected a string, got 1",
        "- lnies: unknown key. Valid keys: `lines`",
    ]
