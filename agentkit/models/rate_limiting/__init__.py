"""How much is asked of a model at once: concurrency, token buckets, fairness, cache warm-up."""
