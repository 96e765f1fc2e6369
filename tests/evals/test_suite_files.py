"""Suites that are files: cases in YAML and JSON lines, and one clear error with the line of what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit.errors import UsageError
from agentkit.evals.suite_files import read_suite

YAML = """\
name: shop
description: Prices.
cases:
  - input: What does tea cost?
    expected: 4.0
    graders: [{grader: called, tool: price, arguments: {item: tea}}]
    category: prices
    tags: [fast]
  - input: Is there milk?
    expected: no
    name: milk
"""
JSON = """\
{"input": "What does tea cost?", "expected": 4.0, "graders": [{"grader": "called", "tool": "price"}]}

{"input": "Order tea.", "graders": {"grader": "in_order", "tools": ["price", "order"]}, "name": "order"}
"""


def test_yaml_has_cases_and_says_what_the_suite_is(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(YAML, encoding="utf-8")
    suite = read_suite(file)
    assert (suite.name, suite.description) == ("shop", "Prices.")
    tea, milk = suite.tasks
    assert (tea.name, tea.category, [*tea.tags], len(tea.graders)) == ("What does tea cost?", "prices", ["fast"], 2)
    assert (milk.name, str(milk.graders[0])) == ("milk", str(milk.graders[0]))
    assert "no" in repr(milk.graders[0])
    assert suite.agent is not None
    assert not suite.agent.tools


def test_json_lines_have_a_case_a_line(tmp_path: Path) -> None:
    file = tmp_path / "orders.jsonl"
    file.write_text("\ufeff" + JSON, encoding="utf-8")
    suite = read_suite(str(file))
    assert suite.name == "orders"
    assert [task.name for task in suite.tasks] == ["What does tea cost?", "order"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", '{"input": "x", "expected": 1}\n{"input": ', "a.jsonl, line 2: it is no JSON"),
        ("a.jsonl", '\n{"input": "x", "expcted": 1}', "line 2: a case has no field 'expcted'; did you mean 'expected'"),
        ("a.jsonl", '{"expected": 1}', "line 1: a case needs an 'input'"),
        ("a.jsonl", '{"input": "x"}', "line 1: a case needs what is 'expected', or 'graders'"),
        ("a.jsonl", '{"input": "x", "graders": "mtches"}', "line 1: there is no grader 'mtches'; did you mean 'mat"),
        ("a.jsonl", '{"input": "x", "graders": [4]}', "line 1: a grader is a name"),
        ("a.jsonl", '{"input": "x", "expected": 1, "tags": "fast"}', "line 1: 'tags' is a list of texts"),
        ("a.jsonl", '{"input": "x", "expected": 1, "name": 4}', "line 1: 'name' is a text"),
        ("a.jsonl", "[1]", "line 1: a case is an object"),
        ("a.jsonl", '{"input": "x", "expected": 1}\n{"input": "x", "expected": 2}', "line 2: a case called 'x' is in"),
        ("a.jsonl", "\n", "has no case"),
        ("a.yaml", "cases: []", "has no case"),
        ("a.yaml", "", "has no case"),
        ("a.yaml", "x: 1\ncases: []", "line 1: a suite has no field 'x'"),
        ("a.yaml", "cases:\n- input: x\n  expected: 1\n- input: y\n  graders: [near]", "line 4: the grader 'near'"),
        ("a.yml", "cases: 4", "line 1: cases are a list"),
        ("a.yml", "name: [x]", "line 1: 'name' is a text"),
        ("a.txt", "", "is no file of cases: its name has to end in .yaml"),
    ],
)  # fmt: skip
def test_errors_name_the_line_and_what_was_meant(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as failed:
        read_suite(tmp_path / name)
    assert said in str(failed.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml' cannot be read"):
        read_suite(tmp_path / "none.yaml")
