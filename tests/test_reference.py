"""The reference is complete: each public name with parameters, defaults, exceptions and an example that runs."""

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator

import pytest

from agentkit import Event
from docs.build.members import Member, public_names
from docs.build.reference import PACKAGES, PAGE, examples, names, page

NAMES = list(names())


def sections() -> dict[str, str]:
    """The text of each section by its heading."""
    parts = re.split(r"^### (.+)\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def functions(member: Member) -> Iterator[tuple[str, object]]:
    """The functions behind a name: itself, or the methods and properties of a class."""
    for one in (member, *member.members):
        value = one.value.fget if isinstance(one.value, property) else getattr(one.value, "__func__", one.value)
        value = inspect.unwrap(value) if callable(value) else value
        if inspect.isfunction(value):
            yield f"{member.name}.{one.name}", value


def raised_in(function: object) -> set[str]:
    """The exceptions that a function raises itself."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))  # type: ignore[arg-type]
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc]
    called = [one.func if isinstance(one, ast.Call) else one for one in raised]
    return {one.id for one in called if isinstance(one, ast.Name) and one.id[0].isupper()}


def test_the_page_is_what_the_program_makes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m docs.build.reference`"


def test_every_public_name_has_a_section_and_an_example() -> None:
    public = {one.name for package in PACKAGES for one in public_names(package)}
    assert public == {member.name.rpartition(".")[2] for member in NAMES}
    assert sections().keys() == {member.name for member in NAMES}
    assert [name for name, text in sections().items() if "```python\n" not in text] == []
    known = {"", *(member.address for member in NAMES)}
    assert examples().keys() == known, "an example is of a name that is not public"
    shown = [name for name in known if name and name.rpartition(".")[2] not in examples()[name]]
    assert [name for name in shown if not name.endswith(("Background", "Started"))] == [], "it does not use the name"


@pytest.mark.parametrize("member", NAMES, ids=lambda member: f"{member.module}.{member.name}")
def test_every_parameter_default_and_exception_is_named(member: Member) -> None:
    text = sections()[member.name]
    for name, parameter in member.parameters.items():
        assert f"- `{name}`: " in text, f"{name} has no description: write it in the docstring or below the field"
        if isinstance(parameter.default, str | int | float | None):
            assert re.search(rf"\b{name}: [^\n]* = {re.escape(repr(parameter.default))}", text), name
    for name, function in functions(member):
        said = inspect.getdoc(function) or ""
        assert {one for one in raised_in(function) if one not in said} == set(), f"{name}: say when it raises"


def test_the_table_of_events_has_every_event_with_its_fields() -> None:
    text = (PAGE.parent / "events.md").read_text(encoding="utf-8")
    rows = {
        name: set(re.findall(r"`(\w+)`", fields))
        for name, fields in re.findall(r"^\| `(\w+)` .*\|(.*)\|$", text, re.MULTILINE)
    }
    values = {member.name: member.value for member in NAMES}
    events = {name: value for name, value in values.items() if isinstance(value, type) and issubclass(value, Event)}
    common = {one.name for one in dataclasses.fields(events.pop("Event"))}
    assert rows == {name: {one.name for one in dataclasses.fields(value)} - common for name, value in events.items()}
