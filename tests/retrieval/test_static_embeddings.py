"""Static embeddings find texts by what they mean, offline, and say what is missing where they are not installed."""

import subprocess
import sys

import pytest

from agentkit import ConfigurationError
from agentkit.retrieval import Embedder, EmbeddingIndex, WordLlamaEmbedder

TEXTS = [("pet", "My dog sleeps all day."), ("car", "The engine of the lorry is loud."), ("odd", "a\ud800b"), ("", "")]

if sys.version_info < (3, 14):  # wordllama has no wheels for later ones

    def test_texts_are_found_by_what_they_mean() -> None:
        embedder: Embedder = WordLlamaEmbedder()
        index = EmbeddingIndex[str](embedder)
        index.add(TEXTS)
        assert [index.search(query, limit=1)[0].id for query in ("a puppy that naps", "truck motor")] == ["pet", "car"]
        vectors = [*embedder.embed(["x", "", "word " * 50_000] + ["y"] * 300)]
        assert [len(vector) for vector in vectors] == [256] * 303
        assert not any(vectors[1])
        assert [*embedder.embed([])] == []

    def test_the_logging_of_the_application_stays_as_it_is() -> None:
        program = (
            "import logging\nfrom agentkit.retrieval import WordLlamaEmbedder\nWordLlamaEmbedder()\n"
            "print(logging.root.handlers, logging.root.level)"
        )
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=True)
        assert (ran.stdout, ran.stderr) == (f"[] {30}\n", "")


@pytest.mark.parametrize("missing", ["wordllama", "tokenizers"])
def test_what_is_not_installed_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("wordllama")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ConfigurationError, match=r"extra `embed` \(\w+ is not installed\): pip install wordllama"):
        WordLlamaEmbedder()
