"""Which memory should each buffer live in? `heapwright.solve` is the way in; this is the flow.

    pipelines, pins, live buffers            platform profile
              │                                    │
              ▼                                    ▼
    question/     what is asked ──────────▶  board/     the platform as integers
              │                                    │
              ▼                                    ▼
    candidates/   what each buffer could be:  heap × format × modifier × layout × devices × count
              │         judged by  constraints/  (one kind, one module)   laid out by  layout/
              │         priced by  objective/    (one cost term, one module)
              ▼
    search/       one candidate for each buffer: engines asked in order, CP-SAT last
              │
              ▼
    conversions/  where no common choice exists, a converter is put between
              │
              ▼
    explain/      why, why not, and the ways out
              │
              ▼
    answer/       Plan | Infeasible | Undecided, as data and as text

`solve` walks it from top to bottom. A room imports only rooms below it (`make check` holds that):

    solve → explain → conversions → search → candidates → objective → constraints → question → board, layout, answer
"""
