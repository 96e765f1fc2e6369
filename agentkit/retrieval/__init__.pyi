from agentkit.retrieval.bm25 import Bm25 as Bm25
from agentkit.retrieval.bm25 import Ranked as Ranked
from agentkit.retrieval.embeddings import Embedder as Embedder
from agentkit.retrieval.embeddings import EmbeddingIndex as EmbeddingIndex
from agentkit.retrieval.full_text import FullText as FullText
from agentkit.retrieval.static_embeddings import WordLlamaEmbedder as WordLlamaEmbedder
from agentkit.retrieval.terms import split_terms as split_terms
from agentkit.retrieval.terms import word_grams as word_grams
