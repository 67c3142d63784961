"""Words and lists of words that our files are made of, and the strictness of every model."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from heapwright.platforms.fourcc.formats import known_fourcc
from heapwright.platforms.fourcc.modifiers import canonical
from heapwright.platforms.values import Name

_FOURCC = r"^[\x21-\x7e][\x20-\x7e]{0,3}$"
Fourcc = Annotated[
    str,
    Field(pattern=_FOURCC),
    BeforeValidator(known_fourcc),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _FOURCC},
                {"type": "integer", "minimum": 0x20202021, "maximum": 0x7E7E7E7E},
            ]
        },
        mode="validation",
    ),
]
"""A fourcc of the table of pixel formats, by name without trailing blanks; a file may say its number instead."""
ModifierText = Annotated[
    str, Field(min_length=1, max_length=256, pattern=r"^[\x21-\x7e ]+$"), BeforeValidator(canonical)
]
"""A modifier under its canonical name (`heapwright.platforms.fourcc.modifiers`), whatever its spelling in the file."""
Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
Names = Annotated[tuple[Name, ...], Field(strict=False, max_length=1024)]
Words = Annotated[tuple[Word, ...], Field(strict=False, max_length=1024)]
Fourccs = Annotated[tuple[Fourcc, ...], Field(strict=False, min_length=1, max_length=1024)]
Modifiers = Annotated[tuple[ModifierText, ...], Field(strict=False, min_length=1, max_length=1024)]
Angles = Annotated[tuple[Literal[0, 90, 180, 270], ...], Field(strict=False, min_length=1, max_length=4)]
"""Degrees by which a picture is turned clockwise on its way."""
DmabufCounts = Annotated[
    tuple[Annotated[int, Field(ge=1, le=4)], ...], Field(strict=False, min_length=1, max_length=4)
]


class Strict(BaseModel):
    """Frozen; wrong types, unknown keys and missing keys are errors."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
