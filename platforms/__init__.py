"""Boards and facts: what a platform can do, from files with sources.

    catalog      a board by name or file          importers    records of a machine → a profile
       │                                             │
    checks       what needs the whole profile     knowledge    drivers and exporters: what kernels do not tell
       │                                             │
    kernels      which kernel has what            layers       files on top of each other
       │                                             │
    schema       the models                       reading      YAML and JSON that know their lines
       │
    fourcc       pixel formats and modifiers
       │
    values, words                                 errors       what can go wrong

Each imports only what stands below it. The data lies beside: `profiles/`, `drivers/`, `exporters/`, `*.toml`.
"""
