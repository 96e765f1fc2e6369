"""Runs that survive their process: every step of a run is recorded in one file, from which the run goes on."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.journal.journal": "Journal",
        "agentkit.journal.run_info": "RunInfo",
    },
)
