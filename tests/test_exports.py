"""The public names of the packages: complete, documented, and the same for people, type checkers, `dir` and `*`."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

import agentkit

ROOT = Path(agentkit.__file__).parent
STUBS = sorted(ROOT.rglob("__init__.pyi"))
"""What type checkers and editors read instead of the `__init__.py` beside it."""


def package_at(stub: Path) -> str:
    return ".".join(["agentkit", *stub.parent.relative_to(ROOT).parts])


def names_in(stub: Path) -> Iterator[tuple[str, str]]:
    """The names of a stub, each with the module that it is imported from; anything else in the stub is refused."""
    for statement in ast.parse(stub.read_text(encoding="utf-8")).body:
        assert isinstance(statement, ast.ImportFrom)
        for alias in statement.names:
            assert alias.asname == alias.name  # that is what makes it a public name of the package
            yield alias.name, statement.module or ""


PACKAGES = [package_at(stub) for stub in STUBS]
NAMES = [(package_at(stub), name, source) for stub in STUBS for name, source in names_in(stub)]


def exports_of(package: ModuleType) -> list[str]:
    return list(getattr(package, "__all__"))  # noqa: B009 - the stubs do not mention it


def value_of(name: str, source: str) -> object:
    """The thing behind a name, by an ordinary import of the module that a stub names."""
    module = import_module(source)
    return getattr(module, name) if hasattr(module, name) else import_module(f"{source}.{name}")


def test_the_packages_that_others_use_have_public_names() -> None:
    packages = {
        "agents",
        "budget",
        "evals",
        "evals.arena",
        "evals.faults",
        "evals.domain",
        "evals.graders",
        "evals.office",
        "evals.statistics",
        "evals.synthesis",
        "journal",
        "messages",
        "models",
        "patterns",
        "redaction",
        "retrieval",
        "run",
        "schema",
        "simulator",
        "testing",
        "tool_calls",
        "tools",
    }
    assert set(PACKAGES) == {"agentkit", *(f"agentkit.{package}" for package in packages)}


@pytest.mark.parametrize("stub", STUBS, ids=package_at)
def test_type_checkers_see_the_names_that_people_see(stub: Path) -> None:
    package = import_module(package_at(stub))
    exports = exports_of(package)
    assert exports == sorted(name for name, _ in names_in(stub))
    assert len(exports) == len(set(exports))
    assert dir(package) == exports
    namespace: dict[str, object] = {}
    exec(f"from {package.__name__} import *", namespace)
    assert set(exports) <= set(namespace)


@pytest.mark.parametrize(("package", "name", "source"), NAMES)
def test_a_name_is_the_thing_of_its_module(package: str, name: str, source: str) -> None:
    thing = getattr(import_module(package), name)
    assert thing is value_of(name, source)
    # A submodule of the same name would take the place of the thing once it is imported.
    folder = ROOT.parent.joinpath(*package.split("."))
    assert isinstance(thing, ModuleType) or not (folder / f"{name}.py").exists()


@pytest.mark.parametrize("package", PACKAGES)
def test_an_unknown_name_is_refused_as_in_any_module(package: str) -> None:
    module = import_module(package)
    with pytest.raises(AttributeError, match=rf"^module '{package}' has no attribute 'no_such_name'$"):
        getattr(module, "no_such_name")  # noqa: B009 - the type checkers would refuse the plain form
    with pytest.raises(ImportError, match="no_such_name"):
        exec(f"from {package} import no_such_name")


@pytest.mark.parametrize("name", exports_of(agentkit))
def test_a_name_says_what_it_is_for(name: str) -> None:
    thing = getattr(agentkit, name)
    if inspect.isclass(thing) or inspect.isroutine(thing) or inspect.ismodule(thing):
        doc = thing.__doc__ or ""
        # A dataclass without a docstring gets its signature as one.
        assert len(doc.split()) >= 3
        assert not doc.startswith(f"{name}(")
    else:
        assert is_described_where_it_is_assigned(name)


def is_described_where_it_is_assigned(name: str) -> bool:
    """Whether a value (an alias, a union) is followed by a string that describes it."""
    return name in names_with_a_description()


@cache
def names_with_a_description() -> frozenset[str]:
    """All that the package assigns and then describes."""
    return frozenset(
        name
        for path in ROOT.rglob("*.py")
        for statement, below in pairwise(ast.parse(path.read_text(encoding="utf-8")).body)
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
        for name in ast.unparse(statement).split("=")[0].split(":")[0].split()
    )
