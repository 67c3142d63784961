"""Where plans become buffers.

A backend makes buffers (`heapwright.allocator.backend`), `heapwright.allocator.execute` drives one
and checks what was promised. Of the solver only its words are used
(`heapwright.solver.answer.plan`, `heapwright.solver.question.pipeline`), never its
arithmetic: `heapwright.allocator.judge` judges what the solver answers.
"""
