"""`heapwright schema`: what the documents look like, as JSON Schema."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from heapwright.api.cli.output.write import write_json
from heapwright.api.cli.process.exits import Exit
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Answer
from heapwright.solver.question.pipeline import Pipeline


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON schema of each document that goes in or comes out."""
    return {
        "pipeline": Pipeline.model_json_schema(by_alias=True),
        "platform": Platform.model_json_schema(by_alias=True),
        "answer": TypeAdapter(Answer).json_schema(by_alias=True, mode="serialization"),
    }


def print_schemas(only: str | None) -> Exit:
    """Print one schema, or all of them by name."""
    found = schemas()
    write_json(found if only is None else found[only], None)
    return Exit.PLAN
