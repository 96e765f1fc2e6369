"""A file of questions is read line by line; a line that is none is named with its number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentkit.errors import UsageError
from agentkit.evals.domain import Question, read_questions

TWO = ["oxygen", "carbon dioxide"]


def written(path: Path, *lines: object) -> Path:
    file = path / "botany.jsonl"
    file.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines), encoding="utf-8")
    return file


@pytest.mark.parametrize("answer", ["carbon dioxide", " Carbon  dioxide", "B", "b", 1])
def test_the_right_choice_is_named_by_its_text_its_letter_or_its_place(tmp_path: Path, answer: object) -> None:
    file = written(tmp_path, {"question": "Which?", "choices": TWO, "answer": answer}, "")
    assert read_questions(file) == [Question(question="Which?", choices=tuple(TWO), answer=("carbon dioxide",))]


def test_short_answers_are_texts_and_numbers_of_which_several_may_be_right(tmp_path: Path) -> None:
    first = {"question": "How many?", "answer": 27, "category": "bones", "source": "Gray"}
    file = written(tmp_path, first, {"question": "Who?", "answer": ["Ada", "Lovelace"]})
    assert read_questions(file) == [
        Question(question="How many?", answer=(27,), category="bones", source="Gray"),
        Question(question="Who?", answer=("Ada", "Lovelace")),
    ]
    numbers = {"question": "2 + 2?", "choices": [4, 5], "answer": 4}
    assert read_questions(written(tmp_path, numbers))[0].answer == ("4",)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{'question': 1}", "it is no JSON ("),
        ([1], "it is no object like"),
        ({"answer": "x"}, "it needs a 'question'."),
        ({"question": 1, "answer": "x"}, "'question' is no text."),
        ({"question": "?"}, "it needs an 'answer'."),
        ({"question": "?", "answer": ""}, "it needs an 'answer'."),
        ({"question": "?", "answer": [None]}, "'answer' holds None, which is neither a text nor a number."),
        ({"question": "?", "answer": "x", "categry": "y"}, "unknown member 'categry'; did you mean 'category'?"),
        ({"question": "?", "answer": "x", "choices": ["x"]}, "'choices' is no list of 2 to 26 texts."),
        ({"question": "?", "answer": "x", "choices": ["x", "X"]}, "two of the 'choices' are the same."),
        ({"question": "?", "answer": "C", "choices": TWO}, "the 'answer' 'C' is none of the 'choices'"),
        ({"question": "?", "answer": 2, "choices": TWO}, "the 'answer' 2 is none of the 'choices'"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(tmp_path: Path, line: object, problem: str) -> None:
    file = written(tmp_path, {"question": "?", "answer": "x"}, "", line)
    with pytest.raises(UsageError) as caught:
        read_questions(file)
    assert f"botany.jsonl', line 3: {'it has an ' if 'unknown' in problem else ''}{problem}" in str(caught.value)


def test_a_file_without_questions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"botany.jsonl' has no question"):
        read_questions(written(tmp_path, "", " "))
    with pytest.raises(UsageError, match="cannot be read"):
        read_questions(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError, match="cannot be read"):
        read_questions(tmp_path / "latin.jsonl")
