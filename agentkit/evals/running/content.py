"""The content of agents, tools, tasks and graders: a fingerprint that differs where something else would be done.

Functions count by their code, and by that of the functions, classes and constants of the program which they use. What
code changes while it runs, such as a counter or a list of calls, does not count. Objects count by their type and their
fields; addresses and names of variables never do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import partial
from inspect import getattr_static
from pathlib import PurePath
from types import BuiltinFunctionType, CodeType, EllipsisType, FunctionType, MethodType, ModuleType
from typing import cast
from uuid import UUID

from agentkit.agents.agent_tool import AgentTool
from agentkit.evals.running.code_content import code_digest, functions_in, is_followed, mutated_names, names_in
from agentkit.evals.running.servers import server_of
from agentkit.run.agent_spec import AgentSpec, AnySpec
from agentkit.tools.definition import Tool
from agentkit.tools.toolset import AnyTool

_FORMAT = "1"
_TEXTS = (str, int, float, complex, bytes, bool, EllipsisType, PurePath, date, time, timedelta, Decimal, Fraction, UUID)
_AGENT_FIELDS = (
    *("model", "instructions", "settings", "output_retries", "max_turns", "tool_timeout_s", "max_concurrent_calls"),
    *("artifacts", "budget", "deps", "fallback", "around_model", "around_tool", "guardrails", "verify", "redact"),
    "render",
)
_TOOL_FIELDS = (
    *("effect", "timeout_s", "retries", "raises", "max_result_tokens", "available", "reconcile", "exclusive", "eager"),
)
_MADE_ATTRIBUTES = ("__pydantic", "__dataclass", "model_", "_abc_", "__weakref__", "__dict__")
_MADE_BY = ("__init__", "__new__", "__post_init__")
_MOST_LEVELS = 200


def fingerprint(*values: object) -> str:
    """Return a text that differs for other content.

    Args:
        values: Agents, functions, tasks' inputs: anything.
    """
    reader = _Reader()
    for value in (_FORMAT, *values):
        reader.read(value)
    return reader.hash.hexdigest()


class _Reader:
    """Reads values into one hash, each object once."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self._seen: dict[int, int] = {}
        self._kept: list[object] = []
        """The objects seen, so that their ids stay theirs."""
        self._level = 0
        self._changed = set[str]()
        """The names of what the functions read so far seem to change."""

    def read(self, value: object) -> None:
        """Add a value to the hash."""
        if value is None or isinstance(value, _TEXTS):
            self._add(type(value).__name__, str(value) if isinstance(value, PurePath) else repr(value))
        elif (place := self._seen.get(id(value))) is not None:
            self._add("seen", str(place))
        elif self._level < _MOST_LEVELS:
            self._seen[id(value)] = len(self._seen)
            self._kept.append(value)
            self._level += 1
            self._read_object(value)
            self._level -= 1

    def _add(self, *texts: str) -> None:
        for text in texts:
            encoded = text.encode(errors="surrogatepass")
            self.hash.update(b"%d:" % len(encoded))
            self.hash.update(encoded)

    def _read_all(self, name: str, values: object) -> None:
        listed = list(cast("list[object]", values))
        self._add(name, str(len(listed)))
        for value in listed:
            self.read(value)

    def _read_object(self, value: object) -> None:
        match value:
            case Enum():
                self._add("enum", type(value).__qualname__, value.name)
            case list() | tuple():
                self._read_all("list", cast("object", value))
            case set() | frozenset():
                self._add("set", *sorted(fingerprint(one) for one in cast("set[object]", value)))
            case Mapping():
                self._read_all(
                    "map", [part for item in cast("Mapping[object, object]", value).items() for part in item]
                )
            case re.Pattern():
                self._add("pattern", repr(cast("re.Pattern[str]", value).pattern), str(value.flags))
            case CodeType():
                self._add("code", code_digest(value))
            case FunctionType():
                self._read_function(value)
            case MethodType():
                self._read_all("method", (value.__func__, value.__self__))
            case partial():
                self._read_all("partial", (value.func, value.args, value.keywords))
            case Tool():
                self._read_tool(cast("AnyTool", value))
            case AgentSpec():
                self._read_agent(cast("AnySpec", cast("object", value)))
            case type():
                self._read_class(value)
            case ModuleType() | BuiltinFunctionType():
                self._add("name", value.__name__)
            case _ if isinstance(wrapped := getattr_static(value, "__wrapped__", None), FunctionType):  # by `lru_cache`
                self._read_all("wrapped", [wrapped])
            case _:
                self._read_instance(value)

    def _read_function(self, function: FunctionType) -> None:
        code, changed = function.__code__, mutated_names(function.__code__)
        if function.__name__ not in _MADE_BY:
            self._changed |= changed
        if is_followed(function.__module__):
            self._add("function", code_digest(code))
            self._read_all("defaults", (function.__defaults__, function.__kwdefaults__))
            names = sorted(names_in(code) - changed)
            self._read_used({name: function.__globals__[name] for name in names if name in function.__globals__}, names)
        else:
            self._add("function", function.__module__, function.__qualname__)
        cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
        self._read_used({name: content for name, cell in cells if name not in changed for content in _content_of(cell)})

    def _read_used(self, used: Mapping[str, object], names: list[str] | None = None) -> None:
        """Read what a function uses: globals, and variables of the functions around it."""
        for name, value in used.items():
            if isinstance(value, ModuleType):
                self._add("module", value.__name__)
                if is_followed(value.__name__):
                    self._read_used({one: vars(value)[one] for one in names or () if one in vars(value)})
            else:
                self._add("uses", name)
                self.read(value)

    def _read_class(self, cls: type) -> None:
        self._add("class", cls.__qualname__)
        if not is_followed(cls.__module__):
            self._add(cls.__module__)
            return
        self._read_all("bases", cls.__bases__)
        changed = _changed_by(cls)
        for name, value in sorted(vars(cls).items()):
            if name.startswith(_MADE_ATTRIBUTES) or name in changed:
                continue
            if functions := list(functions_in(value)):
                self._read_all(name, functions)
            elif not name.startswith("__") and not hasattr(value, "__get__"):
                self._read_all(name, [value])
        if is_dataclass(cls):
            self._read_all(
                "fields", [(one.name, str(one.type), one.default, one.default_factory) for one in fields(cls)]
            )
        schema = cast("object", getattr(cast("object", cls), "model_json_schema", None))
        if callable(schema):
            self.read(schema())

    def _read_instance(self, value: object) -> None:
        cls = type(value)
        self.read(cls)
        names: list[str] = []
        if is_dataclass(value):
            names = [one.name for one in fields(value) if one.init and one.compare]
        elif is_followed(cls.__module__) or hasattr(cls, "__pydantic_fields__"):
            slots = [name for one in cls.__mro__ for name in vars(one).get("__slots__", ())]
            names = [*getattr(value, "__dict__", {}), *slots]
        changed = self._changed | _changed_by(cls)
        for name in names:
            if name not in changed and hasattr(value, name):
                self._add("field", name)
                self.read(getattr(value, name))

    def _read_agent(self, agent: AnySpec) -> None:
        self._add("agent", str(agent.input), "" if agent.output_spec.is_text else str(agent.output))
        self._read_all("agent", [getattr(agent, name) for name in _AGENT_FIELDS])
        self._add("client", "" if agent.client is None else server_of(agent.client))
        if not agent.output_spec.is_text:
            self.read(agent.output_spec.form.schema)
        self._read_all("tools", [*agent.agent_tools.tools.values(), *agent.agent_tools.api_tools])

    def _read_tool(self, tool: AnyTool) -> None:
        self.read(tool.to_param())
        self._read_all("tool", [getattr(tool, name) for name in _TOOL_FIELDS])
        if isinstance(tool, AgentTool):
            delegating = cast("AgentTool[object, object]", tool)
            self._read_all("delegation", (delegating.agent, delegating.terms))
        else:
            self.read(tool.function)


def _content_of(cell: object) -> list[object]:
    try:
        return [cell.cell_contents]  # type: ignore[attr-defined]
    except ValueError:  # it has none yet
        return []


def _changed_by(cls: type) -> set[str]:
    """Return the attributes that the methods of a class change after it was made."""
    if not is_followed(cls.__module__):
        return set()
    attributes = [item for one in cls.__mro__ if is_followed(one.__module__) for item in vars(one).items()]
    methods = [one for name, value in attributes if name not in _MADE_BY for one in functions_in(value)]
    return set[str]().union(*(mutated_names(one.__code__) for one in methods))
