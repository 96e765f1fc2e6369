"""The commands `eval` and `compare`: evaluate agents on a suite, and let them battle head to head."""
