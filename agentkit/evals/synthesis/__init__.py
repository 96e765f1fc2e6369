"""The suite of facts that stand in many documents: counted, compared, put in order of time, contradicted, absent."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.evals.synthesis.answer": "Answer Item Quote",
        "agentkit.evals.synthesis.library": "Library",
        "agentkit.evals.synthesis.tasks": "suite",
    },
)
