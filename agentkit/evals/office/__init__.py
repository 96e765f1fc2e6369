"""The suite of office work: 40 tasks in five levels over mail, a calendar, files and spreadsheets."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(__name__, {"agentkit.evals.office.tasks": "suite"})
