"""`agentkit local`: what cannot be served is said in a sentence; what can is used in tests/real_server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from agentkit.cli.main import main
from tests.real_server.serving_local import serving


def test_it_serves_until_ctrl_c(tmp_path: Path) -> None:
    with serving(tmp_path, "--context", "4096", "--parallel", "2") as base_url:
        props = httpx2.get(f"{base_url}/props").json()
    assert props["total_slots"] == 2
    assert props["default_generation_settings"]["n_ctx"] == 4096


def test_a_template_of_ones_own_takes_the_models_place(tmp_path: Path) -> None:
    template = tmp_path / "mine.jinja"
    template.write_text("{%- for message in messages %}<|im_start|>mine: {{ message.content }}{%- endfor %}")
    with serving(tmp_path, "--chat-template", str(template)) as base_url:
        assert "mine: " in httpx2.get(f"{base_url}/props").json()["chat_template"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file or directory."),
        (b"", "is no model that llama.cpp reads: it takes .gguf files."),
        (b"PK\x03\x04", "is no model that llama.cpp reads"),
    ],
)
def test_what_is_no_model_is_said_in_a_sentence(
    content: bytes | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    assert main(["local", str(path), "--port", "0"]) == 2
    assert words in capsys.readouterr().err


def test_a_model_that_is_broken_is_said_so_beside_llama_cpps_own_words(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF" + bytes(100))
    command = [sys.executable, "-m", "agentkit", "local", str(tmp_path / "model.gguf"), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "bad GGUF version" in done.stderr  # llama.cpp's own words, from a thread of its own
    assert "could not serve" in done.stderr
    assert "it says why itself." in done.stderr


def test_without_the_package_the_command_that_installs_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    program = "import sys; sys.modules['xllamacpp'] = None; from agentkit.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "local", str(tmp_path / "model.gguf")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 3
    assert "pip install xllamacpp" in done.stderr
