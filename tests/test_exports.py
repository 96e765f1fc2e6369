"""The public face: complete, sorted, documented, the same for people, type checkers and `dir`."""

import ast
import inspect
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

import agentkit

FACE = Path(agentkit.__file__)


def names_for_type_checkers() -> dict[str, str]:
    """Name -> module, as the block under `if TYPE_CHECKING:` imports them."""
    blocks = [
        node
        for node in ast.parse(FACE.read_text(encoding="utf-8")).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    assert len(blocks) == 1
    imports = [node for node in blocks[0].body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(blocks[0].body)
    return {alias.name: node.module or "" for node in imports for alias in node.names if alias.asname is None}


def test_the_names_are_sorted_and_said_once() -> None:
    assert list(agentkit.__all__) == sorted(set(agentkit.__all__))


def test_type_checkers_see_the_names_that_people_see() -> None:
    assert sorted(names_for_type_checkers()) == list(agentkit.__all__)


def test_dir_lists_every_name() -> None:
    assert set(agentkit.__all__) <= set(dir(agentkit))


def test_a_star_import_brings_every_name() -> None:
    namespace: dict[str, object] = {}
    exec("from agentkit import *", namespace)
    assert set(agentkit.__all__) <= set(namespace)


def test_an_unknown_name_is_refused_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match=r"agentkit.*no_such_name"):
        getattr(agentkit, "no_such_name")  # noqa: B009 - the type checkers would refuse the plain form


@pytest.mark.parametrize(("name", "home"), sorted(names_for_type_checkers().items()))
def test_a_name_is_the_thing_of_its_module(name: str, home: str) -> None:
    thing = getattr(agentkit, name)
    assert thing is getattr(import_module(home), name)
    # What is made of classes and functions says where it comes from: a name moved by hand is noticed here.
    if inspect.isclass(thing) or inspect.isfunction(thing):
        assert thing.__module__ == home


@pytest.mark.parametrize("name", agentkit.__all__)
def test_a_name_says_what_it_is_for(name: str) -> None:
    thing = getattr(agentkit, name)
    if inspect.isclass(thing) or inspect.isfunction(thing):
        doc = thing.__doc__ or ""
        # A dataclass without a docstring gets its signature as one.
        assert len(doc.split()) >= 3
        assert not doc.startswith(f"{name}(")
    else:
        assert is_described_in_its_module(name)


def is_described_in_its_module(name: str) -> bool:
    """Whether a value (an alias, a union) is followed by a string that describes it."""
    source = Path(str(import_module(names_for_type_checkers()[name]).__file__)).read_text(encoding="utf-8")
    body = ast.parse(source).body
    return any(
        isinstance(statement, ast.Assign | ast.AnnAssign)
        and name in ast.unparse(statement).split("=")[0].split(":")[0].split()
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
        for statement, below in pairwise(body)
    )
