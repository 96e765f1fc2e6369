"""The suite of your own field: multiple choice and short answers from a file, where "I do not know" has its price."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.evals.domain.measures": "AnswerMeasures RiskPoint measure_answers",
        "agentkit.evals.domain.questions": "Question read_questions",
        "agentkit.evals.domain.tasks": "suite",
    },
)
