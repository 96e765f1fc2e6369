"""The virtual environment in which other people's frameworks are installed."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

HERE = Path(__file__).parent
DEFAULT_FOLDER = Path.home() / ".cache" / "agentkit" / "peers"
"""The default folder of the environment."""


def install(folder: Path, requirements: Path = HERE / "requirements.txt") -> Path:
    """Make the environment in this folder, with the peers at the versions of the requirements; return its Python."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--quiet", "-r", requirements], check=True)
    return python


def version_of(python: Path, package: str) -> str:
    """Return the installed version of a package."""
    program = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
