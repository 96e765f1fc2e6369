"""A journal in a folder of its own."""

from pathlib import Path

import pytest

from agentkit import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "runs.db")
