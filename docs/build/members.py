"""Read public names from the package: signatures, docstrings, fields and the exceptions that they raise."""

from __future__ import annotations

import ast
import dataclasses
import enum
import importlib
import inspect
import itertools
import re
import textwrap
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from agentkit.schema.docs.class_source import strings_below_fields
from agentkit.schema.docs.sections import divide_docstring
from agentkit.schema.docstrings import own_docstring

_MADE_ELSEWHERE = re.compile(r"\b[Mm]ade (only )?by\b|Make it with|async with agent\.stream")
ROOT = Path(__file__).parents[2]
_SECTION = re.compile(r"^(Returns|Raises|Yields):\n((?:[ ]{4}.*\n?|\n)+)", re.MULTILINE)


@dataclass(frozen=True)
class Text:
    """A docstring in its parts."""

    description: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    returns: str = ""
    raises: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Member:
    """A public name, or a method or attribute of one."""

    name: str
    value: Any
    module: str

    @property
    def address(self) -> str:
        """The package and the name in it."""
        return f"{self.module}.{self.name.rpartition('.')[2]}"

    @cached_property
    def text(self) -> Text:
        """Its docstring, in parts; of an alias the string below it."""
        if isinstance(self.value, type):
            return read_text(own_docstring(self.value) or "", {**self.parameters, **self.attributes})
        if is_alias(self.value):
            return read_text(self._alias[1], {})
        return read_text(inspect.getdoc(self.value) or "", self.parameters)

    @cached_property
    def _alias(self) -> tuple[str, str]:
        return next(
            found[self.name] for found in map(assignments, sorted(ROOT.glob("agentkit/**/*.py"))) if self.name in found
        )

    @cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The parameters of a call; the fields of a TypedDict."""
        if typing.is_typeddict(self.value):
            kind = inspect.Parameter.KEYWORD_ONLY
            hints: dict[str, Any] = inspect.get_annotations(self.value)
            return {name: inspect.Parameter(name, kind, annotation=_written(hint)) for name, hint in hints.items()}
        if not callable(self.value) or is_alias(self.value) or getattr(self.value, "_is_protocol", False):
            return {}
        if isinstance(self.value, enum.EnumType):
            return {}
        if isinstance(self.value, type) and (self.is_made_elsewhere or not _has_init(self.value)):
            return {}
        return {name: one for name, one in inspect.signature(self.value).parameters.items() if name != "self"}

    @property
    def is_made_elsewhere(self) -> bool:
        """Whether programs get objects of the class and do not make any."""
        private = [name for name in getattr(self.value, "__dataclass_fields__", ()) if name.startswith("_")]
        return bool(private) or bool(_MADE_ELSEWHERE.search(inspect.getdoc(self.value) or ""))

    @property
    def signature(self) -> str:
        """The call as it is written in Python."""
        if is_alias(self.value):
            return f"{self.name} = {self._alias[0]}"
        if not callable(self.value) or not (self.parameters or inspect.isfunction(self.value)):
            return self.name
        parts = list(_parameter_texts(self.parameters, self.value))
        line = f"{self.name}({', '.join(parts)}){self._result}"
        if len(line) <= 100:
            return line
        return f"{self.name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){self._result}"

    @property
    def _result(self) -> str:
        if isinstance(self.value, type):
            return ""
        annotation = inspect.signature(self.value).return_annotation
        return "" if annotation is inspect.Signature.empty else f" -> {_written(annotation)}"

    @cached_property
    def parameter_texts(self) -> dict[str, str]:
        """What is written about each parameter, in the docstring or below the field. Empty: nothing."""
        below: dict[str, str] = {}
        for cls in reversed(self.value.__mro__) if isinstance(self.value, type) else ():
            below = {**below, **_attributes_of_init(cls), **strings_below_fields(cls)}
        return {name: self.text.parameters.get(name) or below.get(name, "") for name in self.parameters}

    @cached_property
    def bases(self) -> list[str]:
        """The public classes and the exceptions of Python from which it inherits."""
        if not isinstance(self.value, type) or isinstance(self.value, enum.EnumType):
            return []
        return [one.__name__ for one in self.value.__bases__ if _is_described_itself(one)]

    @cached_property
    def _own_classes(self) -> list[type]:
        """The class and those from which it inherits, without public ones, which are described themselves."""
        inherited = [base for one in self.value.__mro__[1:] if _is_described_itself(one) for base in one.__mro__]
        return [one for one in self.value.__mro__ if one.__module__.startswith("agentkit") and one not in inherited]

    @cached_property
    def members(self) -> list[Member]:
        """The public methods, properties and constants of a class; the public names of a module."""
        if isinstance(self.value, ModuleType):
            return list(_module_members(self.value))
        if not isinstance(self.value, type) or typing.is_typeddict(self.value):
            return []
        if isinstance(self.value, enum.EnumType):
            return []
        found: dict[str, Member] = {}
        for cls in reversed(self._own_classes):
            for name, value in vars(cls).items():
                if not name.startswith("_") and (inspect.isroutine(value) or isinstance(value, property)):
                    found[name] = Member(name, _bound(self.value, name, value), cls.__module__)
        return [found[name] for name in sorted(found)]

    @cached_property
    def values(self) -> list[str]:
        """The values of an enum."""
        members: Mapping[str, Any] = getattr(self.value, "__members__", {})
        return [str(one.value) for one in members.values()]

    @cached_property
    def attributes(self) -> dict[str, str]:
        """The attributes of a class that are no parameters, with the strings below them."""
        if not isinstance(self.value, type) or isinstance(self.value, enum.EnumType):
            return {}
        below: dict[str, str] = {}
        for cls in self._own_classes:
            below = {**strings_below_fields(cls), **_attributes_of_init(cls), **below}
        known = {*self.parameters, *(member.name for member in self.members)}
        return {name: text for name, text in sorted(below.items()) if name not in known and not name.startswith("_")}


def public_names(package: str) -> list[Member]:
    """Return the public names of a package, in order, without older names of the same things, and other packages."""
    module = importlib.import_module(package)
    found = [Member(name, getattr(module, name), package) for name in module.__all__]
    own = [one for one in found if not _is_package_of(package, one.value)]
    return [one for one in own if not isinstance(one.value, type) or one.value.__name__ == one.name]


def _is_package_of(package: str, value: object) -> bool:
    """Return True for a package below this one, which has a section of its own."""
    return isinstance(value, ModuleType) and hasattr(value, "__path__") and value.__name__.startswith(f"{package}.")


def read_text(docstring: str, parameters: Mapping[str, object]) -> Text:
    """Divide a docstring into its parts."""
    description, found = divide_docstring(docstring, parameters)
    sections = {name: textwrap.dedent(body).strip() for name, body in _SECTION.findall(description + "\n")}
    raises: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", sections.get("Raises", "")):
        name, _, text = entry.partition(":")
        if name:
            raises[name.strip()] = " ".join(text.split())
    rest = _SECTION.sub("", description + "\n").strip()
    return Text(rest, found, " ".join(sections.get("Returns", sections.get("Yields", "")).split()), raises)


@cache
def _is_described_itself(cls: type) -> bool:
    """Return True for public classes of the package, and for exceptions of Python other than the general ones."""
    if cls.__module__ == "builtins":
        return issubclass(cls, Exception) and cls is not Exception
    return (
        cls.__module__.startswith("agentkit") and getattr(importlib.import_module("agentkit"), cls.__name__, 0) is cls
    )


def _has_init(cls: type) -> bool:
    """Return True if a class of the package says what it is made of."""
    owner = next(one for one in cls.__mro__ if "__init__" in vars(one))
    return owner.__module__.startswith("agentkit")


def is_alias(value: object) -> bool:
    """Return True for the name of a type: a union, a callable, a literal."""
    return isinstance(value, str) or (typing.get_origin(value) is not None and not isinstance(value, type))


@cache
def assignments(path: Path) -> Mapping[str, tuple[str, str]]:
    """Return the aliases of a module: their values as written, and the strings below them."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    found: dict[str, tuple[str, str]] = {}
    for statement, below in itertools.pairwise(body):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name) and statement.value:
            is_text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            value = statement.value
            written = value.value if isinstance(value, ast.Constant) else ast.unparse(value)
            if is_text:
                found[target.id] = (str(written), inspect.cleandoc(str(below.value.value)))  # type: ignore[attr-defined]
    return found


def _bound(owner: type, name: str, value: object) -> Any:
    return getattr(owner, name) if isinstance(value, classmethod | staticmethod) else value


def _module_members(module: ModuleType) -> Iterator[Member]:
    for name, value in sorted(vars(module).items()):
        if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__:
            yield Member(name, value, module.__name__)


@cache
def _attributes_of_init(cls: type) -> dict[str, str]:
    """Return the strings below `self.name = ...` in `__init__`."""
    init: Callable[..., object] | None = vars(cls).get("__init__")
    if not inspect.isfunction(init) or dataclasses.is_dataclass(cls):
        return {}
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(init))).body
    found: dict[str, str] = {}
    body = function.body if isinstance(function, ast.FunctionDef) else []
    for statement, below in zip(body, [*body[1:], function], strict=True):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        if isinstance(target, ast.Attribute):
            is_text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            found[target.attr] = inspect.cleandoc(str(below.value.value)) if is_text else ""  # type: ignore[attr-defined]
    return found


def _parameter_texts(parameters: Mapping[str, inspect.Parameter], value: object) -> Iterator[str]:
    """Yield the parameters as they are written, with `/` and `*` where the kind changes."""
    before: inspect.Parameter | None = None
    kinds = inspect.Parameter
    for one in parameters.values():
        if before and before.kind is kinds.POSITIONAL_ONLY and one.kind is not kinds.POSITIONAL_ONLY:
            yield "/"
        starts_keywords = before is None or before.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.POSITIONAL_ONLY)
        if one.kind is kinds.KEYWORD_ONLY and starts_keywords:
            yield "*"
        before = one
        stars = "*" if one.kind is kinds.VAR_POSITIONAL else "**" if one.kind is kinds.VAR_KEYWORD else ""
        annotation = "" if one.annotation is kinds.empty else f": {_written(one.annotation)}"
        yield f"{stars}{one.name}{annotation}{_default(one, value)}"


def _default(parameter: inspect.Parameter, owner: object) -> str:
    if parameter.default is inspect.Parameter.empty:
        return ""
    fields: Mapping[str, Any] = getattr(owner, "__dataclass_fields__", {})
    factory = fields[parameter.name].default_factory if parameter.name in fields else dataclasses.MISSING
    if factory is not dataclasses.MISSING and parameter.default is not None:  # None: the class has its own __init__
        return f" = {getattr(factory, '__name__', 'factory')}()".replace("<lambda>", "made")
    default: object = parameter.default
    is_named = isinstance(default, type) or inspect.isroutine(default)
    return f" = {getattr(default, '__name__', '') if is_named else repr(default)}"


def _written(annotation: object) -> str:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__forward_arg__", None)
    return str(text) if text is not None else inspect.formatannotation(annotation)
