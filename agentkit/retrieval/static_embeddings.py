"""Embeddings without a model server: static vectors of tokens, averaged, whose weights come in the package wordllama.

index = EmbeddingIndex(WordLlamaEmbedder())     # the extra `embed`; nothing is downloaded
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.errors import ConfigurationError

if TYPE_CHECKING:
    from wordllama import WordLlamaInference

_AT_ONCE = 256
"""Texts whose vectors are in memory as wordllama makes them, before they are handed on."""


class WordLlamaEmbedder:
    """An `Embedder` of 256 numbers a text, for a CPU: some ten thousand short texts a second.

    Vectors are averages over tokens, so a short text says more than a long one: embed passages rather than books.

    Raises:
        ConfigurationError: The extra `embed` is not installed.
    """

    def __init__(self) -> None:
        self._model = _load()

    def embed(self, texts: Sequence[str]) -> Iterator[Sequence[float]]:
        """Yield one vector for each text; zeros for a text without words.

        Args:
            texts: The texts, in order.
        """
        for start in range(0, len(texts), _AT_ONCE):
            some = [_encodable(text) for text in texts[start : start + _AT_ONCE]]
            # One by one, since a batch is padded to its longest text: 64 long ones would fill the memory.
            yield from self._model.embed(some, batch_size=1).tolist()


def _load() -> WordLlamaInference:
    try:
        with _logging_untouched():
            import wordllama
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"WordLlamaEmbedder needs the extra `embed` ({error.name} is not installed): pip install wordllama. It has "
            "wheels for Python 3.11 to 3.13."
        ) from None
    # By default it looks for its tokenizer outside of the package, and then on the network.
    return wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)


@contextmanager
def _logging_untouched() -> Generator[None]:
    """Keep the application's logging as it is: wordllama configures the root logger when it is imported."""
    root, placeholder = logging.getLogger(), logging.NullHandler()
    level = root.level
    root.addHandler(placeholder)  # with a handler there, `basicConfig` does nothing
    try:
        yield
    finally:
        root.removeHandler(placeholder)
        root.setLevel(level)


def _encodable(text: str) -> str:
    """Return the text without halves of surrogate pairs, which the tokenizer refuses."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
