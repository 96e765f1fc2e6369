"""Checks of the installation: Python, the versions of required packages, extras, and the age of the price table."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable
from datetime import date
from importlib.metadata import PackageNotFoundError, requires, version

from agentkit.cli.doctor.finding import Finding, ok, problem, warning

_DISTRIBUTION = "claude-agentkit"
_ALWAYS_SHOWN = ("anthropic", "pydantic", "anyio", "httpx2")
_MAX_PRICE_AGE_DAYS = 90
_REQUIREMENT = re.compile(r"""([\w.-]+)(?:>=([\w.]+))?[^;]*(?:;.*extra == ['"]([\w-]+)['"])?""")


def check_setup(today: date) -> list[Finding]:
    """Run all checks that need no network.

    Args:
        today: The date against which the age of the price table is measured.
    """
    parts = [part for part in map(parse_requirement, _requirements()) if part is not None]
    core = [check_package(name, minimum) for name, minimum, extra in parts if extra is None]
    shown = [finding for finding in core if finding.status != "ok" or finding.check in _ALWAYS_SHOWN]
    shown.sort(key=lambda finding: (*_ALWAYS_SHOWN, finding.check).index(finding.check))
    return [_python(), _agentkit(), *shown, check_extras(parts), check_prices(today)]


def parse_requirement(line: str) -> tuple[str, str, str | None] | None:
    """Return name, minimum version and extra of a requirement; None stands for no extra, or for no requirement."""
    found = _REQUIREMENT.match(line)
    return found and (found[1], found[2] or "0", found[3])


def check_package(name: str, minimum: str) -> Finding:
    """Check that a package is installed in at least the minimum version."""
    upgrade = f"pip install -U '{name}>={minimum}'"
    try:
        there = version(name)
    except PackageNotFoundError:
        return problem(name, "not installed.", f"Do: {upgrade}")
    if _version_numbers(there) < _version_numbers(minimum):
        return problem(name, f"{there} is older than {minimum}.", f"Do: {upgrade}")
    return ok(name, there)


def check_extras(parts: Iterable[tuple[str, str, str | None]]) -> Finding:
    """Report the extras whose packages are all installed; a package in a version that is too old is a warning.

    Args:
        parts: Name, minimum version and extra of each requirement; None stands for no extra.
    """
    whole: dict[str, bool] = {}
    old: list[str] = []
    lacking: list[str] = []
    for name, minimum, extra in parts:
        if extra is None:
            continue
        finding = check_package(name, minimum)
        whole[extra] = whole.get(extra, True) and finding.status == "ok"
        if finding.status != "ok":
            lacking.append(f"'{name}>={minimum}'")
        if "older" in finding.found:
            old.append(f"{name} {finding.found.rstrip('.')}")
    there = ", ".join(sorted(extra for extra, is_whole in whole.items() if is_whole)) or "none"
    install = f"pip install {' '.join(dict.fromkeys(lacking))}"
    if old:
        return warning("extras", f"{'; '.join(old)}.", f"Do: {install}")
    return ok("extras", f"{there}; to add the rest: {install}" if lacking else there)


def check_prices(today: date) -> Finding:
    """Check the age of the price table."""
    from agentkit.budget.prices import PRICES, PRICES_AS_OF

    age = (today - date.fromisoformat(PRICES_AS_OF)).days
    found = f"{len(PRICES)} models, as of {PRICES_AS_OF}"
    if age > _MAX_PRICE_AGE_DAYS:
        advice = "Costs and budgets may be off: upgrade agentkit, or compare with the published prices."
        return warning("prices", f"{found}, {age} days ago.", advice)
    return ok("prices", found)


def _python() -> Finding:
    return ok("python", f"{platform.python_version()} ({sys.platform}, {sys.executable})")


def _agentkit() -> Finding:
    try:
        return ok("agentkit", version(_DISTRIBUTION))
    except PackageNotFoundError:
        advice = "It runs from its sources, so what it requires is not known: do pip install -e . in them."
        return warning("agentkit", "not installed.", advice)


def _requirements() -> list[str]:
    try:
        return requires(_DISTRIBUTION) or []
    except PackageNotFoundError:
        return [f"{name}>=0" for name in _ALWAYS_SHOWN]


def _version_numbers(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version; suffixes such as `rc1` are ignored."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, found[0].split("."))) if found else ()
