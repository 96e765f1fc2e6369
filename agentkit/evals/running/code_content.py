"""The content of code: what a function does, apart from where it stands and how it is laid out.

Byte code is read, not source: comments, line breaks and names of local variables count for nothing, and it is there for
lambdas and for functions of a shell, too. Another Python version has another byte code.
"""

from __future__ import annotations

import dis
import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import cast

_MUTATING_METHODS = {
    *("add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "setdefault", "sort"),
    *("update", "write"),
}
_EXPRESSIONS_OF_A_STORE = 3
"""The expressions loaded before an item is stored: the container, the key, and what is added to the item."""
_FOLLOWED_PACKAGES = ("graders", "office", "synthesis", "domain")
"""Packages of the evaluations themselves whose code is part of a task's content."""
_INSTALLED = tuple(
    path for name in ("stdlib", "platstdlib", "purelib", "platlib") if (path := sysconfig.get_paths().get(name))
)


def code_parts(code: CodeType, docstring: str | None = None) -> Iterator[object]:
    """Yield what makes up the behaviour of code: instructions, constants, names; of code inside it, too.

    Args:
        code: The code.
        docstring: The docstring of its function, which is no behaviour.
    """
    yield code.co_code
    yield code.co_exceptiontable
    yield (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    yield code.co_names
    for number, constant in enumerate(code.co_consts):
        if isinstance(constant, CodeType):
            yield from code_parts(constant)
        elif number or constant != docstring:
            yield constant


@lru_cache(maxsize=4096)
def names_in(code: CodeType) -> frozenset[str]:
    """Return the names of globals and attributes that code uses, code inside it included.

    Args:
        code: The code.
    """
    inside = [names_in(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return frozenset(code.co_names).union(*inside)


@lru_cache(maxsize=4096)
def mutated_names(code: CodeType) -> frozenset[str]:
    """Return the names of variables and attributes that code seems to change: a counter, a list it appends to.

    Args:
        code: The code.
    """
    found: set[str] = set()
    loaded: list[list[str]] = []
    for one in dis.get_instructions(code):
        name = one.argval if isinstance(one.argval, str) else ""
        if one.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            if name in _MUTATING_METHODS and loaded:
                found.update(loaded[-1][-1:])
            if loaded:
                loaded[-1].append(name)
        elif one.opname.startswith("LOAD_"):
            loaded.append([name] if name else [])
        elif one.opname in ("STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE"):
            found.update(name for chain in loaded[-_EXPRESSIONS_OF_A_STORE:] for name in chain)
        elif one.opname in ("STORE_GLOBAL", "STORE_DEREF", "STORE_ATTR", "DELETE_GLOBAL", "DELETE_ATTR"):
            found.add(name)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= mutated_names(constant)
    return frozenset(found)


def functions_in(value: object) -> Iterator[FunctionType]:
    """Yield the functions of an attribute of a class: a method of any kind, or the parts of a property.

    Args:
        value: The attribute.
    """
    if isinstance(value, staticmethod | classmethod):
        value = cast("object", getattr(cast("object", value), "__func__"))  # noqa: B009 - its type is not known
    if isinstance(value, property):
        yield from (part for part in (value.fget, value.fset, value.fdel) if isinstance(part, FunctionType))
    elif isinstance(value, FunctionType):
        yield value


def is_followed(module_name: str | None) -> bool:
    """Return True for a module of the program itself, whose code can change: not of Python, nor installed.

    Args:
        module_name: The name of the module.
    """
    names = (module_name or "").split(".")
    if names[0] in sys.stdlib_module_names or names[0] == "builtins":
        return names[0] == "__main__"
    if names[0] == "agentkit_tools" or names[0] == "agentkit":
        return names[1:2] == ["evals"] and names[2:3] != [] and names[2] in _FOLLOWED_PACKAGES
    module = sys.modules.get(module_name or "")
    path = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
    is_installed = path is not None and ("site-packages" in path or "dist-packages" in path)
    return not is_installed and not (path or "").startswith(_INSTALLED)
