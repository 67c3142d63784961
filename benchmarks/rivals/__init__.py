"""What else could choose: other solvers, and ours as one would use it at first.

All are given the same table (`benchmarks.table`). Nothing is imported here: HiGHS
runs in a process of its own, because it cannot share one with ortools.
"""
