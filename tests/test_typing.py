"""What mypy and pyright, both strict, say about programs that use the package."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.once  # both check for the lowest Python, whichever runs them

ROOT = Path(__file__).parent.parent
POSITIVE = ROOT / "tests" / "typing" / "positive.py"
NEGATIVE = ROOT / "tests" / "typing" / "negative.py"
MYPY_ERROR = re.compile(r"^(?P<path>[^:]+):(?P<line>\d+): error: ", flags=re.MULTILINE)

Places = set[tuple[str, int]]
"""Files and the lines of them that have errors."""


def python(*command: str) -> str:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr  # they found errors, and nothing worse happened
    return done.stdout


def mypy() -> Places:
    said = python("mypy", "--no-error-summary", str(POSITIVE), str(NEGATIVE))  # strict, by pyproject.toml
    return {(Path(match["path"]).name, int(match["line"])) for match in MYPY_ERROR.finditer(said)}


def pyright() -> Places:
    said = python("pyright", "--outputjson", "--pythonpath", sys.executable, str(POSITIVE), str(NEGATIVE))
    return {
        (Path(found["file"]).name, found["range"]["start"]["line"] + 1)
        for found in json.loads(said)["generalDiagnostics"]
        if found["severity"] == "error"
    }


def marked() -> Places:
    lines = enumerate(NEGATIVE.read_text(encoding="utf-8").splitlines(), start=1)
    return {(NEGATIVE.name, number) for number, line in lines if line.endswith("# expect-error")}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_errors_stand_where_they_are_expected_and_nowhere_else(checker: Callable[[], Places]) -> None:
    assert checker() == marked()


def test_the_negative_cases_are_many() -> None:
    assert len(marked()) > 25
