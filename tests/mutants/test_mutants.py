"""The tests bite: with a defect planted in a copy of the package, those that are there for it fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mutants.defects import DEFECTS, Defect

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent.parent
FEW = 2
"""How many defects the ordinary suite plants; all of them take a minute and more."""
_LAWS = "laws/test_laws.py"
_SCENES_S = 600
"""Seconds that the random scenes may take on a busy machine: what they show is a law that is broken, not that."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder like the project's, with a package of its own to break."""
    shutil.copytree(ROOT / "agentkit", tmp_path / "agentkit")  # what is compiled, too: it stays right for the rest
    for name in ("tests", "tools", "benchmarks", "docs", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def plant(defect: Defect, folder: Path) -> None:
    """Change the copy. What is to be changed has to be there, exactly once."""
    file = folder / "agentkit" / defect.file
    source = file.read_text(encoding="utf-8")
    assert source.count(defect.old) == 1, f"agentkit/{defect.file} has changed; write the defect anew: {defect.name}"
    file.write_text(source.replace(defect.old, defect.new), encoding="utf-8")


def outcome(
    folder: Path, *tests: str, timeout_s: int = 60, more: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """What comes of these tests with the package of that folder; each may take so long, where nothing hangs."""
    run = (
        "import sys, pytest; end = pytest.main(sys.argv[1:]); import agentkit; print(agentkit.__file__); sys.exit(end)"
    )
    options = [
        "-q",
        "-x",
        f"--timeout={timeout_s}",
        "-p",
        "no:cacheprovider",
        "--no-header",
        "--tb=short",
        "-k",
        "not trio",
        *more,
    ]
    done = subprocess.run(
        [sys.executable, "-c", run, "--rootdir", folder, *options, *(f"tests/{test}" for test in tests)],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"\n{folder}/agentkit/" in done.stdout, f"another package was tested: {done.stdout[-500:]}{done.stderr}"
    return done


def has_failed(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether a test failed, and not the way to it."""
    return done.returncode == pytest.ExitCode.TESTS_FAILED and " failed" in done.stdout


def check_that_it_is_caught(defect: Defect, folder: Path, *tests: str) -> None:
    plant(defect, folder)
    done = outcome(folder, *tests)
    assert has_failed(done), f"nobody noticed: {defect.name}\n{done.stdout[-2_000:]}{done.stderr[-2_000:]}"


@pytest.mark.parametrize("defect", DEFECTS[:FEW], ids=lambda defect: defect.name)
def test_a_planted_defect_is_caught(defect: Defect, copy: Path) -> None:
    check_that_it_is_caught(defect, copy, *defect.tests)


def test_every_defect_still_fits_the_source(copy: Path) -> None:
    assert len(DEFECTS) >= 12
    for defect in DEFECTS:
        plant(defect, copy)
        assert all((ROOT / "tests" / test).exists() for test in defect.tests), defect.name
        shutil.copy(ROOT / "agentkit" / defect.file, copy / "agentkit" / defect.file)


@pytest.mark.soak
def test_without_a_defect_the_tests_pass(copy: Path) -> None:
    tests = sorted({test for defect in DEFECTS for test in defect.tests})
    done = outcome(copy, *tests, _LAWS, timeout_s=_SCENES_S)
    assert done.returncode == 0, done.stdout[-3_000:]


@pytest.mark.soak
@pytest.mark.parametrize("defect", DEFECTS[FEW:], ids=lambda defect: defect.name)
def test_every_planted_defect_is_caught(defect: Defect, copy: Path) -> None:
    check_that_it_is_caught(defect, copy, *defect.tests)


@pytest.mark.soak
@pytest.mark.parametrize("defect", [one for one in DEFECTS if one.laws], ids=lambda defect: defect.name)
def test_random_scenes_show_which_law_is_broken(defect: Defect, copy: Path) -> None:
    plant(defect, copy)
    done = outcome(copy, _LAWS, timeout_s=_SCENES_S, more=["--seeds=100"])
    assert has_failed(done), f"no scene shows it: {defect.name}"
    assert any(f"{law}:" in done.stdout for law in defect.laws), done.stdout[-3_000:]
