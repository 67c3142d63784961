"""The command line: `solve`, and `heapwright` around it.

`app` joins `solve_command` and `umbrella_commands`, whose options are in `options`; what a command
does is in `commands`, what it writes goes through `output`, and how the process starts, is
interrupted and ends is in `process`.
"""
