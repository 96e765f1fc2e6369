"""Outputs: how they are asked for, and what the model is told when they do not fit."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentkit.messages.message import ToolCall, encode
from agentkit.run.output import InvalidAnswer, OutputSpec
from agentkit.schema import compile_type


@dataclass
class Report:
    title: str
    count: int = 0


def test_text_is_taken_as_it_is() -> None:
    spec = OutputSpec[str].for_type(str)
    assert spec.from_text('{"not": "parsed"}') == '{"not": "parsed"}'


def test_a_type_with_a_strict_form_has_a_format_and_an_open_one_has_not() -> None:
    assert OutputSpec[Report].for_type(Report).strict_schema is not None
    assert OutputSpec[dict[str, int]].for_type(dict[str, int]).strict_schema is None


@pytest.mark.parametrize("text", ['{"title": "x"}', '```json\n{"title": "x"}\n```', ' \n{"title": "x", "count": 0}\n'])
def test_json_is_read_also_from_a_fence(text: str) -> None:
    assert OutputSpec[Report].for_type(Report).from_text(text) == Report("x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It is x.", "has to be JSON and nothing else"),
        ('{"title": "x"', "has to be JSON and nothing else"),
        ('{"title": NaN}', "NaN is not JSON"),
        ("[1]", "has to be a JSON object"),
        ('{"titel": "x"}', "did you mean `title`"),
        ('{"title": "x", "count": "many"}', 'count: expected an integer, got "many"'),
    ],
)
def test_what_does_not_fit_is_told_with_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(InvalidAnswer) as caught:
        OutputSpec[Report].for_type(Report).from_text(text)
    assert words in str(caught.value)


def test_an_answer_that_is_no_json_learns_the_schema() -> None:
    """A server that ignores the format never showed it to the model."""
    with pytest.raises(InvalidAnswer, match=r'"required":\["title"\]'):
        OutputSpec[Report].for_type(Report).from_text("x")


def test_a_call_whose_input_is_not_json_is_told_so() -> None:
    with pytest.raises(InvalidAnswer, match=r"It began: \{"):
        OutputSpec[Report].for_type(Report).from_call(ToolCall("t", "give_answer", {}, "{ (cut off)"))


types = [int, float, bool, str | None, list[int], Report, dict[str, int], tuple[int, str], int | Report, None]


@given(st.data())
def test_whatever_a_type_dumps_comes_back_as_it_was(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(types[:-1]))
    value = data.draw(st.from_type(kind))  # type: ignore[arg-type]  # unions are types here
    spec = OutputSpec[object].for_type(kind)
    plain = compile_type(kind).dump(value)
    wrapped = {"answer": plain} if spec.form.is_wrapped else plain
    try:
        text = encode(wrapped).decode()
    except (ValueError, UnicodeEncodeError):
        return  # what JSON cannot say cannot be an answer
    assert spec.from_text(text) == value or value != value  # NaN
