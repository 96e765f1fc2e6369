"""Import the object at `module:attribute`, or explain which part was not found and which names exist there."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from agentkit.cli.terminal.exits import Stop, told
from agentkit.errors import UsageError

_SHOWN = 8


def load(address: str) -> tuple[ModuleType, object]:
    """Import a module and return it with the object that the address names.

    The current folder is importable.

    Args:
        address: `module:attribute`, where the attribute may have dots; a module alone stands for itself.

    Raises:
        CommandError: A part of the address was not found, or the import failed.
        UsageError: The module used agentkit wrongly while it was imported; the error is passed on unchanged.
    """
    module_name, _, attribute = address.partition(":")
    if not module_name or (":" in address and not attribute):
        raise Stop(_no_address(address))
    module = _import(module_name)
    found: object = module
    for depth, part in enumerate(attribute.split(".") if attribute else ()):
        try:
            found = getattr(found, part)
        except AttributeError:
            where = ".".join([module_name, *attribute.split(".")[:depth]])
            raise Stop(_missing(part, where, found)) from None
    return module, found


def _no_address(given: str) -> str:
    return f"{given!r} is no address: write MODULE:ATTRIBUTE, for example `shop.agents:lead`."


def _import(name: str) -> ModuleType:
    if "/" in name or "\\" in name or name.endswith(".py"):
        dotted = name.removesuffix(".py").replace("\\", "/").strip("./").replace("/", ".")
        raise Stop(f"{name!r} is a path: name the module instead, as in `{dotted}:ATTRIBUTE`.")
    if "" in name.split("."):
        raise Stop(_no_address(name))
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise Stop(_no_module(name, error.name)) from error
        raise Stop(_failed(name, error)) from error
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        raise Stop(_failed(name, error)) from error


def _no_module(name: str, missing: str) -> str:
    parent, _, last = missing.rpartition(".")
    folder = [Path.cwd()] if not parent else _folders(parent)
    there = sorted({entry for path in folder for entry in _modules_in(path)})
    place = f"the package {parent!r}" if parent else "this folder or among the installed packages"
    hint = _close(last, there)
    if parent and not hint:
        hint = f" It has: {_listed(there)}." if there else f" {parent!r} is no package, or an empty one."
    what = name if name == missing else f"{name} ({missing!r} is missing)"
    return f"There is no module {what} in {place}.{hint}"


def _folders(package: str) -> list[Path]:
    module = sys.modules.get(package)
    return [Path(entry) for entry in getattr(module, "__path__", ())]


def _modules_in(folder: Path) -> Iterable[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py") and entry.name != "__init__.py":
                yield entry.name.removesuffix(".py")
            elif entry.is_dir() and entry.name.isidentifier() and not entry.name.startswith("__"):
                yield entry.name


def _failed(name: str, error: BaseException) -> str:
    """Describe an exception that was raised inside the user's module."""
    return f"{name} could not be imported: {told(error)}."


def _missing(part: str, where: str, holder: object) -> str:
    names = [name for name in vars(holder) if not name.startswith("_")] if hasattr(holder, "__dict__") else []
    # Modules that the holder imports are left out: nobody runs them as an agent or a tool.
    names = [name for name in names if not isinstance(getattr(holder, name, None), ModuleType)]
    names.sort(key=lambda name: (not _is_likely(getattr(holder, name, None)), name))
    hint = _close(part, names)
    return f"{where} has no {part!r}.{hint} It has: {_listed(names)}."


def _is_likely(value: object) -> bool:
    return type(value).__name__ in {"Agent", "Tool", "Toolset", "AgentTool"}


def _close(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _listed(names: list[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN]) or 'nothing'}{rest}"
