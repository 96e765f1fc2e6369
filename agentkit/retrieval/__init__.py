"""Retrieval without a model: BM25 in memory, full-text search in SQLite, passages of texts, embeddings of any maker."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.retrieval.bm25": "Bm25 Ranked",
        "agentkit.retrieval.embeddings": "Embedder EmbeddingIndex",
        "agentkit.retrieval.full_text": "FullText",
        "agentkit.retrieval.static_embeddings": "WordLlamaEmbedder",
        "agentkit.retrieval.terms": "split_terms word_grams",
    },
)
