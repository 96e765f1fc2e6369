"""YAML as JSON values with the line of each; a word is a text unless JSON has it as a number, true, false or null."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, cast

from agentkit.errors import ConfigurationError, UsageError
from agentkit.messages.strict_json import parse_strict

if TYPE_CHECKING:
    import yaml

    from agentkit.messages.message import JSON

Place: TypeAlias = "tuple[str | int, ...]"
"""The names and numbers that lead to a value: `("cases", 2, "input")`."""


def read_yaml(text: str, path: str) -> tuple[JSON, dict[Place, int]]:
    """Return the value of a text in YAML, and the lines of all values in it by their places.

    `no`, `12:30`, `017` and dates are texts, as they look; other readers of YAML make something else of them.

    Args:
        text: The text.
        path: The file's name, for errors.

    Raises:
        UsageError: The text is no YAML, or a name is there twice; the error names the line.
        ConfigurationError: PyYAML is not installed.
    """
    try:
        import yaml
    except ModuleNotFoundError:
        raise ConfigurationError(
            f"{path!r} is YAML, which needs PyYAML: install agentkit's extra `cassettes`, or write JSON lines."
        ) from None
    reading = _Reading(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        return (None if root is None else reading.value_of(root, ())), reading.lines
    except yaml.MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 1
        raise UsageError(f"{path}, line {line}: it is no YAML: {error.problem or error}.") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{path!r} is no YAML: {error}.") from None


@dataclass(frozen=True, slots=True)
class _Reading:
    path: str
    lines: dict[Place, int] = field(default_factory=dict[Place, int])

    def value_of(self, node: yaml.Node, place: Place) -> JSON:
        """Return the value of a node, and note its line."""
        self.lines[place] = _line_of(node)
        kind: object = getattr(node, "id", None)  # that of the node's class
        if kind == "mapping":
            return {name: self.value_of(value, (*place, name)) for name, value in self._members(node)}
        if kind == "sequence":
            nodes = cast("list[yaml.Node]", node.value)
            return [self.value_of(value, (*place, number)) for number, value in enumerate(nodes)]
        scalar = cast("yaml.ScalarNode", node)
        return _plain_value(scalar.value) if scalar.style is None else scalar.value

    def _members(self, node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
        seen: set[str] = set()
        for key, value in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
            name = key.value if isinstance(key.value, str) else ""
            if not name or name in seen:
                said = f"{name!r} is there twice." if name else "a name is a text."
                raise UsageError(f"{self.path}, line {_line_of(key)}: {said}")
            seen.add(name)
            yield name, value


def _line_of(node: yaml.Node) -> int:
    return cast("int", node.start_mark.line) + 1


def _plain_value(text: str) -> JSON:
    if text in ("", "~"):
        return None
    try:
        return parse_strict(text)
    except ValueError:
        return text
