"""Sequences of calls that a real kernel and the pretended board both carry out, and what they said.

`language` has the steps, `matrix`, `pools` and `calls` the sequences, `on_kernel` and
`on_board` the two that carry them out, `compared` what is made of their answers. The
profiles beside them say what the machines of tests/kernel are.
"""
