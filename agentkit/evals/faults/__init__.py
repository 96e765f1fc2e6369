"""Faults that any suite can run under, and the share of its success that an agent keeps."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.evals.faults.recovery_rate": "Recovery recovery",
        "agentkit.evals.faults.spec": "Faults",
    },
)
