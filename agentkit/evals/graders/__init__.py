"""Graders by kind: answers, texts, types, calls, citations, the world that a try left behind; models and people."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.evals.graders.by_name": "GRADER_NAMES named_grader",
        "agentkit.evals.graders.calls": "at_most_calls recovered_from",
        "agentkit.evals.graders.citations": "cites",
        "agentkit.evals.graders.judge_measures": "HandScored JudgeMeasures measure_judge",
        "agentkit.evals.graders.model_judges": "rubric",
        "agentkit.evals.graders.numeric": "near",
        "agentkit.evals.graders.outputs": "answers",
        "agentkit.evals.graders.patterns": "matches",
        "agentkit.evals.graders.people": "person",
        "agentkit.evals.graders.types": "fits_type",
        "agentkit.evals.graders.unordered": "same_items",
        "agentkit.evals.graders.worlds": "world_is",
    },
)
