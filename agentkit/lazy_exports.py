"""Names of a package that are imported on first use (PEP 562), so that importing the package stays cheap.

A package that uses it has an `__init__.pyi` beside its `__init__.py`: the same names, for type checkers and editors.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_exports(
    package: str, sources: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` of a package.

    Args:
        package: The package's `__name__`.
        sources: Module -> the names that are imported from it, separated by spaces. A name that the module
            does not have, but that is the last part of its own name, stands for the module itself.
    """
    modules = {name: module for module, names in sources.items() for name in names.split()}
    exports = sorted(modules)

    def import_name(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(modules[name])
        is_module = module.__name__.endswith(f".{name}") and not hasattr(module, name)
        value: object = module if is_module else getattr(module, name)
        setattr(sys.modules[package], name, value)  # the next use finds it without a call
        return value

    return import_name, lambda: exports, exports
