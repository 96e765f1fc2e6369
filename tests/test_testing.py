"""The face of the test kit: complete, sorted, the same for people and for type checkers, and cheap to import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from agentkit import testing


def test_every_name_loads_and_they_are_sorted() -> None:
    assert list(testing.__all__) == sorted(testing.__all__)
    for name in testing.__all__:
        assert getattr(testing, name) is not None


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(testing.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    names = [alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(names) == list(testing.__all__)


def test_a_name_that_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'mock'"):
        testing.mock  # noqa: B018 - it is the access that is tested


def test_importing_it_loads_nothing_heavy() -> None:
    program = "import sys, agentkit.testing; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
