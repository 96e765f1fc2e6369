"""Tokens, prices, costs and budgets: what was used, what it cost, what is left."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.budget.blocks": "Spending fail_over_budget stop_over_budget",
        "agentkit.budget.budget": "Budget",
        "agentkit.budget.cache_report": "CacheBreak CacheReport",
        "agentkit.budget.charges": "Charge",
        "agentkit.budget.cost_tree": "CostTree",
        "agentkit.budget.prices": "Price",
        "agentkit.budget.usage": "Cost Usage",
    },
)
