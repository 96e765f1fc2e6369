"""The wheel: two packages, their types, and metadata that installers understand."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DIST_INFO = "claude_agentkit-{version}.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=50)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode())


def test_the_top_level_is_the_two_packages(wheel: zipfile.ZipFile, metadata: Message) -> None:
    top_level = {name.split("/")[0] for name in wheel.namelist()}
    assert top_level == {"agentkit", "agentkit_tools", DIST_INFO.format(version=metadata["Version"])}


def test_both_packages_say_that_they_are_typed(wheel: zipfile.ZipFile) -> None:
    assert {"agentkit/py.typed", "agentkit_tools/py.typed"} <= set(wheel.namelist())


def test_every_module_and_stub_is_inside_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    sources = {
        path.relative_to(root).as_posix()
        for root, package in ((ROOT, "agentkit"), (ROOT / "tools", "agentkit_tools"))
        for path in (root / package).rglob("*.py*")
        if path.suffix in {".py", ".pyi"}
    }
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name and not name.endswith("/py.typed")}
    assert inside == sources


def test_the_metadata_says_what_installers_ask(metadata: Message) -> None:
    assert metadata["Name"] == "claude-agentkit"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert set(metadata.get_all("Provides-Extra") or []) == {
        "cassettes",
        "cli",
        "documents",
        "embed",
        "local",
        "mcp",
        "serve",
    }


def test_the_wheel_runs_without_its_sources(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import agentkit, agentkit_tools;"
        "print(agentkit.__file__, agentkit_tools.__file__, sep='\\n')"
    )
    run = [sys.executable, "-I", "-c", program]
    printed = subprocess.run(run, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=50).stdout
    assert [Path(line).parent.parent for line in printed.splitlines()] == [tmp_path, tmp_path]


def test_the_command_is_named_agentkit(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "agentkit = agentkit.cli.main:main" in wheel.read(name).decode().splitlines()
