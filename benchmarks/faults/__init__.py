"""Every fault of docs/faults.md as scenarios that really run: `python -m benchmarks.faults` prints what came of each.

The suite runs the same scenarios, see tests/faults/.
"""
