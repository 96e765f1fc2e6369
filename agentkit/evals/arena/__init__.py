"""Ratings of agents, models or pipelines from battles: which of two did better, by a judge, with ties."""

from agentkit.lazy_exports import lazy_exports

__getattr__, __dir__, __all__ = lazy_exports(
    __name__,
    {
        "agentkit.evals.arena.battles": "Battle BattleRow Winner as_battles read_battles write_battles",
        "agentkit.evals.arena.judges": "Judge Judgement agent_judge person_judge",
        "agentkit.evals.arena.matches": "Contender Match MatchFailure battle battle_all",
        "agentkit.evals.arena.position": "PositionBias position_bias",
        "agentkit.evals.arena.ratings": "DisconnectedBattles Rating Ratings bradley_terry ratings_by_category",
        "agentkit.evals.arena.schedules": "most_informative round_robin",
    },
)
