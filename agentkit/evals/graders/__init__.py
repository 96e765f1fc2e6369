"""Graders by kind: answers, texts, types, the world that a try left behind."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.evals.graders.outputs": "answers",
        "agentkit.evals.graders.patterns": "matches",
        "agentkit.evals.graders.types": "fits_type",
        "agentkit.evals.graders.worlds": "world_is",
    },
)
