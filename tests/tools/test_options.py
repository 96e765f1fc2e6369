"""The keywords of `@tool` and `Tool.from_schema`: what is given works, or is refused."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import BaseModel

from agentkit import DefinitionError, RunContext
from agentkit.tools.options import ToolOptions, check_name, check_options, clean_description, examples_as_json


def bool_without_arguments() -> bool:
    return True


async def never(ctx: RunContext[object]) -> bool:
    return False


def test_none_is_the_same_as_not_given() -> None:
    nothing: ToolOptions = {
        "effect": None,
        "timeout_s": None,
        "retries": None,
        "raises": None,
        "strict": None,
        "examples": None,
        "max_result_tokens": None,
        "available": None,
        "exclusive": None,
        "eager": None,
        "defer_loading": None,
        "finds_tools": None,
        "reconcile": None,
        "allowed_callers": None,
    }
    assert nothing.keys() == ToolOptions.__optional_keys__
    assert check_options(nothing) == {}


def test_what_works_is_kept() -> None:
    given: ToolOptions = {
        "effect": "read",
        "timeout_s": float("inf"),
        "retries": 2,
        "raises": [ValueError],
        "strict": False,
        "examples": ({"a": 1},),
        "max_result_tokens": 1,
        "available": lambda ctx: bool(ctx.deps),
        "exclusive": True,
        "finds_tools": True,
        "allowed_callers": ["direct", "code_execution_20270101"],
    }
    assert check_options(given) == given


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("effect", "reads"),
        ("effect", ["read"]),
        ("timeout_s", 0),
        ("timeout_s", -1.0),
        ("timeout_s", float("nan")),
        ("timeout_s", True),
        ("timeout_s", "5"),
        ("retries", -1),
        ("retries", 1.5),
        ("retries", True),
        ("raises", ValueError),
        ("raises", (ValueError, "x")),
        ("raises", (KeyboardInterrupt,)),
        ("raises", (ValueError("x"),)),
        ("strict", "yes"),
        ("strict", 1),
        ("examples", {"a": 1}),
        ("examples", [1]),
        ("examples", "a"),
        ("max_result_tokens", 0),
        ("max_result_tokens", 1.5),
        ("max_result_tokens", True),
        ("available", True),
        ("available", never),
        ("available", bool_without_arguments),
        ("exclusive", 1),
        ("finds_tools", "yes"),
        ("allowed_callers", "direct"),
        ("allowed_callers", []),
        ("allowed_callers", ["me"]),
    ],
)
def test_what_cannot_work_is_refused_with_what_it_must_be(option: str, value: object) -> None:
    with pytest.raises(DefinitionError, match=f"^{option}=.* must be "):
        check_options(cast("ToolOptions", {option: value}))


@pytest.mark.parametrize(
    ("option", "meant"),
    [
        ("needs_approval", "it takes name, description, allowed_callers, available"),
        ("timeout", "did you mean `timeout_s`?"),
        ("max_turns", "`max_turns` is an option of `Agent(max_turns=...)`"),
    ],
)
def test_an_unknown_keyword_is_refused_with_what_was_meant(option: str, meant: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(f"takes no option `{option}`: {meant}")):
        check_options(cast("ToolOptions", {option: 1}))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"strict": True, "allowed_callers": ["direct", "code_execution_20260120"]}, "strict=True does not go with"),
        ({"finds_tools": True, "defer_loading": True}, "finds_tools=True does not go with defer_loading=True"),
    ],
)
def test_what_does_not_go_together_is_refused(options: ToolOptions, words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        check_options(options)


@pytest.mark.parametrize("name", ["a", "find_items", "Find-Items-2", "x" * 128])
def test_a_name_that_the_api_takes_passes(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "two words", "a.b", "é", "x" * 129, "a\n", "<lambda>", None, 5])
def test_a_name_that_the_api_refuses_is_refused_with_the_fix(name: object) -> None:
    with pytest.raises(DefinitionError, match="name="):
        check_name(name)


def test_a_description_loses_the_indentation_of_the_source() -> None:
    text = """Find items.

        Use words.
        """
    assert clean_description(text) == "Find items.\n\nUse words."
    assert clean_description("\n    Find:\n        a\n    ") == "Find:\n    a"
    with pytest.raises(DefinitionError, match="description=5"):
        clean_description(5)


def test_a_description_goes_out_as_it_is_written_otherwise() -> None:
    for text in ("Run:\n    for i in x:\n        y", "| a |\n|---|", "a\n\tb\nc", "```\n  x\n```\n"):
        assert clean_description(text) == text
    assert clean_description(" \n ") == ""


def test_examples_become_json_that_nobody_else_holds() -> None:
    class Line(BaseModel):
        sku: str

    words = ["tea"]
    examples: list[dict[str, Any]] = [{"day": datetime.date(2026, 1, 2), "line": Line(sku="a"), "words": words}]
    made = examples_as_json(examples)
    words.append("coffee")
    assert made == ({"day": "2026-01-02", "line": {"sku": "a"}, "words": ["tea"]},)


def test_an_example_without_a_json_form_is_refused() -> None:
    with pytest.raises(DefinitionError, match="no JSON form"):
        examples_as_json([{"file": Path, "lock": object()}])


def test_an_example_with_a_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(DefinitionError, match="a number that JSON does not have"):
        examples_as_json([{"a": [float("inf")]}])
