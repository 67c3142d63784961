"""The command line: `solve`, and `heapwright` around it.

`app` has the commands and `options` what they take; what a command does is in `commands`, what it
writes goes through `output`, and how the process starts, is interrupted and ends is in `process`.
"""
