"""pass@k and pass^k of one task, from n tries of which c passed; both are unbiased."""

from __future__ import annotations

from math import comb


def pass_at_k(n: int, c: int, k: int) -> float:
    """Return the probability that at least one of k tries passes: pass@k (Chen et al., 2021, arXiv:2107.03374).

    It is the share of the subsets of k of the n tries that hold a passing one. `1 - (1 - c / n) ** k` is too low.

    Args:
        n: All tries of the task.
        c: The tries that passed.
        k: The tries that one has; at most n.

    Raises:
        ValueError: Not `0 <= c <= n` or not `1 <= k <= n`.
    """
    _check("pass_at_k", n, c, k)
    return (comb(n, k) - comb(n - c, k)) / comb(n, k)


def pass_hat_k(n: int, c: int, k: int) -> float:
    """Return the probability that all of k tries pass: pass^k (Yao et al., 2024, tau-bench, arXiv:2406.12045).

    Args:
        n: All tries of the task.
        c: The tries that passed.
        k: The tries that all have to pass; at most n.

    Raises:
        ValueError: Not `0 <= c <= n` or not `1 <= k <= n`.
    """
    _check("pass_hat_k", n, c, k)
    return comb(c, k) / comb(n, k)


def _check(name: str, n: int, c: int, k: int) -> None:
    if not 0 <= c <= n:
        raise ValueError(f"{name}(n={n}, c={c}, k={k}): the passing tries c have to be between 0 and all tries n.")
    if not 1 <= k <= n:
        raise ValueError(
            f"{name}(n={n}, c={c}, k={k}): k has to be between 1 and the tries that were made, n. "
            "Make more tries, or ask for a smaller k."
        )
