"""The same tables, solved by others. Each module has NAME and `solve(table, gap, limit) -> Outcome`;
HiGHS alone answers from a process of its own (`benchmarks.rivals.highs`)."""
