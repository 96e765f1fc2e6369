"""The parts of wordllama that `WordLlamaEmbedder` uses; the package brings no types of its own."""

from os import PathLike
from typing import Protocol

class _Vectors(Protocol):
    def tolist(self) -> list[list[float]]: ...

class WordLlamaInference:
    def embed(self, texts: list[str], *, batch_size: int = ...) -> _Vectors: ...

class WordLlama:
    @classmethod
    def load(cls, *, cache_dir: str | PathLike[str], disable_download: bool) -> WordLlamaInference: ...

__file__: str
