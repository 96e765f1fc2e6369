"""`agentkit local` as a program of its own, with the tiny model."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.shop_and_signals import hearing_ctrl_c
from tests.real_server.tiny_model import make


@contextmanager
def serving(folder: Path, *options: str, seed: int = 7) -> Generator[str]:
    """The base URL of a llama.cpp server that ends, as it should, by Ctrl-C."""
    model = folder / "tiny.gguf"
    make(model)
    command = hearing_ctrl_c("local", str(model), "--port", "0", "--seed", str(seed), *options)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    address = None
    while address is None and (line := process.stderr.readline()):
        address = re.search(r"http://[\d.]+:\d+", line)
    assert address is not None, process.communicate(timeout=20)
    try:
        yield address.group()
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 0, err
        assert "Traceback" not in err
