"""Warnings about what is legal in a question and may still be a slip: modifiers whose names nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from heapwright.api.cli.process.exits import to_stderr
from heapwright.platforms.fourcc.modifiers import opaque
from heapwright.solver.question.pipeline import Pipeline


def warn_of_unknown_modifiers(pipelines: Iterable[Pipeline], pins: Iterable[str]) -> None:
    """Say on standard error which modifiers of a question nobody knows."""
    for where, text in _modifiers(pipelines, pins):
        try:
            said = opaque(text)
        except ValueError:
            continue  # the solver refuses the pin, with the same sentence
        if said is not None:
            to_stderr(f"solve: note: {where}: {said}")


def _modifiers(pipelines: Iterable[Pipeline], pins: Iterable[str]) -> Iterator[tuple[str, str]]:
    for pipeline in pipelines:
        for name, buffer in pipeline.buffers.items():
            for modifier in buffer.modifiers or ():
                yield f"{pipeline.name}: buffer '{name}'", modifier
    for pin in pins:
        buffer_name, found, modifier = pin.partition(":modifier=")
        if found:
            yield f"pin of '{buffer_name}'", modifier
