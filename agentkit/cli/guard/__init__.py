"""`agentkit guard`: measure a classifier, and label texts by hand for it."""
