"""The tree of packages stays small enough to be read: entries, files of a folder, levels, layers, architecture."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "agentkit"

MOST_ENTRIES_AT_THE_TOP = 24
FEWEST_FILES_OF_A_FOLDER = 3
MOST_FILES_OF_A_FOLDER = 20
MOST_LEVELS = 2
MOST_LAYERS = 15
MOST_LINES_OF_THE_ARCHITECTURE = 80


def modules() -> list[Path]:
    """The modules of the package, relative to it; `__init__.py` says what a folder holds and does not count."""
    return sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def folders() -> dict[Path, int]:
    """Each folder of modules below the top with the number of its own, those without any among them."""
    files = Counter(path.parent for path in modules())
    return {folder: files[folder] for path in modules() for folder in path.parents[:-1]}


def test_the_measures_see_the_package() -> None:
    assert len(modules()) > 100
    assert {Path("cli"), Path("cli/chat"), Path("loop")} <= folders().keys()


def test_the_top_has_few_entries() -> None:
    entries = {path.parts[0] for path in modules()}
    assert len(entries) <= MOST_ENTRIES_AT_THE_TOP, sorted(entries)


def test_a_folder_has_neither_too_few_files_nor_too_many() -> None:
    parents = {folder.parent for folder in folders()}
    wrong = {
        str(folder): count
        for folder, count in folders().items()
        if count > MOST_FILES_OF_A_FOLDER or (count < FEWEST_FILES_OF_A_FOLDER and folder not in parents)
    }
    assert wrong == {}, "a folder that only holds others may have fewer of its own"


def test_folders_are_not_nested_deeply() -> None:
    assert [str(folder) for folder in folders() if len(folder.parts) > MOST_LEVELS] == []


def test_every_package_has_its_layer_and_there_are_few() -> None:
    settings: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    contracts = settings["importlinter"]["contracts"]
    (contract,) = (one for one in contracts if one["type"] == "layers" and one["containers"] == ["agentkit"])
    assert contract["exhaustive"]
    assert len(contract["layers"]) <= MOST_LAYERS


def test_the_architecture_fits_one_screen() -> None:
    lines = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES_OF_THE_ARCHITECTURE
