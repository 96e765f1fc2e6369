"""Message batches: model calls of many runs collected, submitted at half the price, and their results handed over."""
