"""Evaluations: what an agent does over many tries, with the statistics to judge it."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.evals.arena": "arena",
        "agentkit.evals.statistics": "statistics",
    },
)
