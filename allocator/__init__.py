"""Where plans become buffers.

A backend makes buffers (`allocator.backend`), `allocator.execute` drives one
and checks what was promised. Of the solver only its words are used
(`solver.plan`, `solver.pipeline`), never its arithmetic: the simulator is the
judge of what the solver answers.
"""
