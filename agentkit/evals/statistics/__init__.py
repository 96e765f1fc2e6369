"""Statistics of evaluations in plain Python: pass@k, intervals by task, paired tests, planning, early stopping."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.evals.statistics.clustered": "clustered_bootstrap clustered_interval standard_error task_rates",
        "agentkit.evals.statistics.paired": "PairedComparison compare",
        "agentkit.evals.statistics.pass_rates": "pass_at_k pass_hat_k",
        "agentkit.evals.statistics.planning": "TriesPlan plan_tries power tasks_for_power tries_for_width",
        "agentkit.evals.statistics.significance": "holm mcnemar sign_flip_test",
        "agentkit.evals.statistics.stopping": "StoppingRule clopper_pearson",
        "agentkit.evals.statistics.task_flags": "TaskFlag flag_tasks",
        "agentkit.evals.statistics.trials": "Trials",
        "agentkit.patterns.classify.intervals": "Interval wilson",
    },
)
