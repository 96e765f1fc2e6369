"""Evaluations: suites of tasks, tried many times and graded, with the statistics to judge what an agent does."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.evals.arena": "arena",
        "agentkit.evals.case": "Case",
        "agentkit.evals.contenders": "PerTask",
        "agentkit.evals.evaluation": "Evaluation",
        "agentkit.evals.grade": "Grade",
        "agentkit.evals.graders": "graders",
        "agentkit.evals.oracle": "make_oracle",
        "agentkit.evals.running.evaluation_run": "evaluate",
        "agentkit.evals.running.progress": "Progress",
        "agentkit.evals.running.store": "EvalStore",
        "agentkit.evals.running.stored_evaluations": "EvaluationRecord",
        "agentkit.evals.scripted_agents": "idle random_caller",
        "agentkit.evals.statistics": "statistics",
        "agentkit.evals.suite": "Suite",
        "agentkit.evals.suite_files": "read_suite",
        "agentkit.evals.task": "SolutionCall Task",
        "agentkit.evals.trial": "Trial",
        "agentkit.testing.expectations": "called in_order never_called",
    },
)
