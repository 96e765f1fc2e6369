"""The content of code: what a function does, apart from where it stands and how it is laid out.

Byte code is read, not source: comments, line breaks and names of local variables count for nothing, and it is there for
lambdas and for functions of a shell, too. Another Python version has another byte code.
"""

from __future__ import annotations

import dis
import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import cast

_MUTATING_METHODS = {
    *("add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "setdefault", "sort"),
    *("update", "write"),
}
_HAS_DOCSTRING = 0x4000000
"""The flag of code with a docstring, since Python 3.14."""
_STORES_OF_ITEMS = ("STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE")
_STORES_OF_NAMES = ("STORE_GLOBAL", "STORE_DEREF", "STORE_ATTR", "DELETE_GLOBAL", "DELETE_ATTR")
_FOLLOWED_PACKAGES = ("graders", "office", "synthesis", "domain")
"""Packages of the evaluations themselves whose code is part of a task's content."""
_INSTALLED = tuple(
    path for name in ("stdlib", "platstdlib", "purelib", "platlib") if (path := sysconfig.get_paths().get(name))
)


@lru_cache(maxsize=4096)
def code_digest(code: CodeType) -> str:
    """Return a text that differs for code that does something else, or that has such code inside it.

    Args:
        code: The code.
    """
    digest = hashlib.sha256()
    for part in _parts(code):
        digest.update(_constant_text(part).encode(errors="surrogatepass"))
    return digest.hexdigest()


def _parts(code: CodeType) -> Iterator[object]:
    """Yield what makes up the behaviour of code: its instructions, constants and names."""
    yield (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & ~_HAS_DOCSTRING)
    yield code.co_names
    yield code.co_exceptiontable
    for one in dis.get_instructions(code):  # by value: a docstring shifts the places of constants
        yield one.opname
        yield cast("object", one.argval) if one.opcode in dis.hasconst else one.arg


def _constant_text(constant: object) -> str:
    """Return a constant as a text that is the same in each process."""
    if isinstance(constant, CodeType):
        return f"code {code_digest(constant)};"
    if isinstance(constant, tuple | frozenset):
        texts = map(_constant_text, cast("Iterable[object]", constant))
        listed = list(texts) if isinstance(constant, tuple) else sorted(texts)
        return f"{type(cast('object', constant)).__name__} {len(listed)} {''.join(listed)};"
    return f"{type(constant).__name__} {constant!r};"


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
    """The expressions loaded in this statement: a name that is not local, and the attributes behind it."""
    container: list[str] = []
    """The container of an item that is changed in place."""
    for one in dis.get_instructions(code):
        if one.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            if one.argval in _MUTATING_METHODS and loaded:
                found.update(loaded[-1][-1:])
            if loaded:
                loaded[-1].append(one.argval)
        elif one.opname.startswith("LOAD_"):
            is_local = one.opname.startswith(("LOAD_FAST", "LOAD_CONST", "LOAD_SMALL"))
            count = one.opname.count("LOAD_FAST") if is_local else 1  # one instruction may load two
            loaded += [[] for _ in range(max(1, count))] if is_local else [[str(cast("object", one.argval))]]
        elif one.opname == "COPY" and len(loaded) > 1 and not container:
            container = loaded[-2]
        elif one.opname.startswith(("STORE_", "DELETE_")):
            if one.opname in _STORES_OF_ITEMS:
                found.update((container or [*loaded[-2:-1], []][0])[-1:])
            elif one.opname in _STORES_OF_NAMES:
                found.add(one.argval)
            loaded, container = [[]] if "LOAD" in one.opname else [], []
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
