"""Modules whose annotations name what is defined further below, as Python 3.14 takes them without any mark."""

from __future__ import annotations

import linecache
import sys
import textwrap
from types import ModuleType

POSTPONED = "from __future__ import annotations\n" if sys.version_info < (3, 14) else ""
"""The first line that makes older Pythons read annotations late too."""


def run_module(source: str) -> ModuleType:
    """Run source as a module of its own, whose lines can be read."""
    source = POSTPONED + textwrap.dedent(source)
    module = ModuleType("late_names_module")
    filename = module.__file__ = f"<late names {id(module):x}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    sys.modules[module.__name__] = module  # pydantic finds the names of a class by the module's
    exec(compile(source, filename, "exec", dont_inherit=True), vars(module))  # it is the test's own text
    return module
