"""Import the object at `module:attribute`, or explain which part was not found and which names exist there."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from agentkit.cli.terminal.exit_codes import CommandError, describe_error
from agentkit.errors import UsageError

_MAX_NAMES_SHOWN = 8


def load_object(address: str) -> tuple[ModuleType, object]:
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
        raise CommandError(_bad_address_message(address))
    module = _import_module(module_name, attribute or "ATTRIBUTE")
    found: object = module
    for depth, part in enumerate(attribute.split(".") if attribute else ()):
        try:
            found = getattr(found, part)
        except AttributeError:
            where = ".".join([module_name, *attribute.split(".")[:depth]])
            raise CommandError(_missing_attribute_message(part, where, found)) from None
    return module, found


def _bad_address_message(given: str) -> str:
    return f"{given!r} is no address: write MODULE:ATTRIBUTE, for example `shop.agents:lead`."


def _import_module(name: str, attribute: str) -> ModuleType:
    if "/" in name or "\\" in name or name.endswith(".py"):
        dotted = name.removesuffix(".py").replace("\\", "/").strip("./").replace("/", ".")
        raise CommandError(f"{name!r} is a path: name the module instead, as in `{dotted}:{attribute}`.")
    if "" in name.split("."):
        raise CommandError(_bad_address_message(name))
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise CommandError(_no_module_message(name, error.name)) from error
        raise CommandError(_import_failed_message(name, error)) from error
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        raise CommandError(_import_failed_message(name, error)) from error


def _no_module_message(name: str, missing: str) -> str:
    parent, _, last = missing.rpartition(".")
    folder = [Path.cwd()] if not parent else _package_folders(parent)
    there = sorted({entry for path in folder for entry in _modules_in(path)})
    place = f"the package {parent!r}" if parent else "this folder or among the installed packages"
    hint = _did_you_mean(last, there)
    if parent and not hint:
        hint = f" It has: {_joined_names(there)}." if there else f" {parent!r} is no package, or an empty one."
    what = name if name == missing else f"{name} ({missing!r} is missing)"
    return f"There is no module {what} in {place}.{hint}"


def _package_folders(package: str) -> list[Path]:
    module = sys.modules.get(package)
    return [Path(entry) for entry in getattr(module, "__path__", ())]


def _modules_in(folder: Path) -> Iterable[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py") and entry.name != "__init__.py":
                yield entry.name.removesuffix(".py")
            elif entry.is_dir() and entry.name.isidentifier() and not entry.name.startswith("__"):
                yield entry.name


def _import_failed_message(name: str, error: BaseException) -> str:
    """Describe an exception that was raised inside the user's module."""
    return f"{name} could not be imported: {describe_error(error)}."


def _missing_attribute_message(part: str, where: str, holder: object) -> str:
    names = [name for name in vars(holder) if not name.startswith("_")] if hasattr(holder, "__dict__") else []
    # Modules that the holder imports are left out: nobody runs them as an agent or a tool.
    names = [name for name in names if not isinstance(getattr(holder, name, None), ModuleType)]
    names.sort(key=lambda name: (not _is_agent_or_tool(getattr(holder, name, None)), name))
    hint = _did_you_mean(part, names)
    return f"{where} has no {part!r}.{hint} It has: {_joined_names(names)}."


def _is_agent_or_tool(value: object) -> bool:
    return type(value).__name__ in {"Agent", "Tool", "Toolset", "AgentTool"}


def _did_you_mean(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _joined_names(names: list[str]) -> str:
    rest = f" and {len(names) - _MAX_NAMES_SHOWN} more" if len(names) > _MAX_NAMES_SHOWN else ""
    return f"{', '.join(names[:_MAX_NAMES_SHOWN]) or 'nothing'}{rest}"
