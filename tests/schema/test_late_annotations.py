"""Annotations are read as far as their names are defined."""

from __future__ import annotations

import sys
import typing

import pytest

from agentkit import DefinitionError
from agentkit.schema.field_docs import class_texts
from agentkit.schema.late_annotations import alias_value, read_annotations, read_parameters, written_form
from tests.late_names import run_module

SOURCE = """
    from typing import Annotated, Optional

    def use(a: int, b: list[Missing], c: int | Missing, d: Annotated[Missing, len]) -> Missing | None: ...

    class Order:
        item: Annotated[Missing, "the text"]
        count: Annotated[int, "how many"]
"""


def test_an_undefined_name_leaves_the_other_annotations_readable() -> None:
    use = run_module(SOURCE).use
    found = read_annotations(use)
    assert list(found) == ["a", "b", "c", "d", "return"]
    assert found["a"] in (int, "int")
    assert [written_form(found[name]) for name in ("b", "c")] == ["list[Missing]", "int | Missing"]
    parameters = read_parameters(use)
    assert [parameter.name for parameter in parameters] == ["a", "b", "c", "d"]
    assert [parameter.annotation for parameter in parameters] == list(found.values())[:-1]


def test_descriptions_beside_an_undefined_name_are_found() -> None:
    assert class_texts(run_module(SOURCE).Order).fields["count"] == "how many"


def test_a_name_that_is_defined_meanwhile_is_found_at_the_next_reading() -> None:
    module = run_module(SOURCE)
    read_annotations(module.use)
    vars(module)["Missing"] = str
    assert typing.get_type_hints(module.use)["b"] == list[str]
    assert read_annotations(module.use)["b"] in (list[str], "list[Missing]")


def test_forward_references_are_shown_as_they_were_written() -> None:
    missing = typing.ForwardRef("Missing | None")
    assert written_form(missing) == "Missing | None"
    assert written_form(list[missing]) == "list[Missing | None]"  # type: ignore[valid-type]  # made at run time
    assert written_form(dict[str, list[missing]]) == "dict[str, list[Missing | None]]"  # type: ignore[valid-type]
    assert written_form("list[Missing]") == "list[Missing]"


def test_what_has_no_signature_says_so() -> None:
    with pytest.raises(ValueError, match="no signature found"):
        read_parameters(dict)


def test_an_annotation_that_fails_whatever_its_names_mean_is_refused() -> None:
    if sys.version_info < (3, 14):  # older Pythons keep the text, which fails when it is resolved
        assert read_annotations(run_module("def use(a: 1 / 0): ...").use) == {"a": "1 / 0"}
        return
    use = run_module("def use(a: 1 / 0): ...").use
    for read in (read_annotations, read_parameters):
        with pytest.raises(DefinitionError, match=r"annotations cannot be read: ZeroDivisionError: division by zero"):
            read(use)


def test_an_alias_is_read_as_far_as_its_names_are_defined() -> None:
    assert alias_value(int) is None
    if sys.version_info < (3, 12):
        return
    aliases = run_module("type Known = list[int]\ntype Late = list[Missing]")
    assert alias_value(aliases.Known) == list[int]
    late = alias_value(aliases.Late)
    assert late is None if sys.version_info < (3, 14) else written_form(late) == "list[Missing]"
