"""Rate limiting of model calls: concurrency, token buckets, fair queueing, cache warm-up."""
