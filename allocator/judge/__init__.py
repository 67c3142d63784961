"""What a plan must satisfy: the judge of what the solver answers, and the costs of a plan.

It reads the profile and the request for itself and shares no arithmetic with the solver. Memory is
at its worst, and promises are taken literally.

    question/request ── pipelines → requested buffers          platform ── profile → physical map, heaps, rules
        │                                                          │
    question/conversion_trees ── plan → a tree for each buffer     │
        │                                                          │
    question/device_assignment ── which device plays which role    │
        └──────────────────────────┬───────────────────────────────┘
    judge ── each assignment: ─► placement ── each placement as if it were alone ── constraints/*
        │                            │
        │                        its usage of what is shared
        └── together ─────────► constraints/memory/capacity ── all usages, existing buffers included

`contradictions` asks before any memory is asked for whether a plan from outside makes sense at all;
`cost` reckons the objective a second time.
"""
