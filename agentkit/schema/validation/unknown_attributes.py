"""Say what is meant by an attribute that a class does not have, where another framework has one of that name."""

from __future__ import annotations

from collections.abc import Mapping


def explain_unknown_attributes(cls: type[object], meant: Mapping[str, str]) -> None:
    """Let an AttributeError of a class's objects say what is meant.

    Args:
        cls: The class; its attributes are found as before.
        meant: The names, separated by blanks, by what to write instead of them.
    """
    hints = {name: hint for hint, names in meant.items() for name in names.split()}

    def explain(self: object, name: str) -> object:
        if name in hints:
            message = f"{type(self).__name__!r} object has no attribute {name!r}: {hints[name]}."
            raise AttributeError(message, name=name, obj=self)
        return object.__getattribute__(self, name)  # raises once more what this lookup has raised

    # Not written in the class: a type checker would take any name then.
    setattr(cls, "__getattr__", explain)  # noqa: B010
