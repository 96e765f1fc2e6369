"""What the suite promises about itself: system tests name what to install, soak tests wait for `make soak`."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]

CASES = """
import os
import pytest

@pytest.mark.system(program="no-such-program", install="apt-get install no-such-package")
def test_without(): raise AssertionError

@pytest.mark.system(program="sh", install="apt-get install dash")
def test_with(): pass

@pytest.mark.soak
def test_long(): pass

def test_environment(): assert "ANTHROPIC_API_KEY" not in os.environ

@pytest.mark.anyio
async def test_backend(): pass
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says about the cases above, under this suite's conftest.py and settings."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (folder / "test_cases.py").write_text(CASES)
    command = [sys.executable, "-m", "pytest", "-v", "-rs", "-c", str(ROOT / "pyproject.toml"), f"--rootdir={folder}"]
    environment = {"ANTHROPIC_API_KEY": "sk-ant-secret", "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", str(folder)],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=50,
    ).stdout


def test_a_missing_program_skips_with_the_command_that_installs_it(report: str) -> None:
    assert "needs no-such-program: apt-get install no-such-package" in report
    assert "test_without SKIPPED" in report


def test_a_program_that_is_there_is_used(report: str) -> None:
    assert "test_with PASSED" in report


def test_soak_tests_are_left_to_make_soak(report: str) -> None:
    assert "test_long" not in report
    assert "1 deselected" in report


def test_a_key_in_the_developers_shell_is_not_seen(report: str) -> None:
    assert "test_environment PASSED" in report


def test_an_async_test_runs_on_both_backends(report: str) -> None:
    assert "test_backend[asyncio] PASSED" in report
    assert "test_backend[trio] PASSED" in report


def test_warnings_are_errors_and_every_test_has_a_time_limit() -> None:
    assert SETTINGS["filterwarnings"] == ["error"]
    assert 0 < SETTINGS["timeout"] <= 60
