"""The neutral schema of the peers' cases, as models, and what we do not know of it.

Models are open: a key we have never met is kept and reported by `unknown_keys`,
because a case that says something we cannot read must not count as passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from .remarks import is_remark


class Open(BaseModel):
    """Frozen; unknown keys are kept aside."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _absent(cls, value: Any) -> Any:
        """Null is as good as absent, under every key."""
        if isinstance(value, dict):
            return {key: item for key, item in value.items() if item is not None}
        return value


def unknown_keys(value: Any) -> Iterator[str]:
    """Every key, at any depth of a model, that the schema does not have."""
    if isinstance(value, Open):
        yield from (key for key, said in (value.model_extra or {}).items() if not is_remark(key, said))
        for field in type(value).model_fields:
            yield from unknown_keys(getattr(value, field))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from unknown_keys(item)


def _pair(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _instance(value: Any) -> Any:
    """A heap as one word: its type, and its instance unless that is the first."""
    if isinstance(value, list) and len(value) == 2:
        value = {"type": value[0], "id": value[1]}
    if isinstance(value, dict) and set(value) <= {"type", "heap_type", "id"}:
        kind, number = value.get("type", value.get("heap_type")), value.get("id") or 0
        return f"{kind}#{number}" if number else kind
    return value


def _flags(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Whole = Annotated[int, Field(ge=0)]
Size = Annotated[tuple[Whole, Whole], BeforeValidator(_pair)]
Format = Annotated[tuple[str | None, str | None], BeforeValidator(_pair)]
"""Without a format the interface takes no entry: a refusal, and no malformed case."""
Heap = Annotated[str, BeforeValidator(_instance)]
Flags = Annotated[list[str], BeforeValidator(_flags)]


class Usage(Open):
    """What a participant does with the buffers, as flags per class."""

    none: bool | Flags = False
    cpu: Flags = []
    vulkan: Flags = []
    display: Flags = []
    video: Flags = []


class Count(Open):
    camping: Whole = 0
    dedicated_slack: Whole = 0
    shared_slack: Whole = 0
    min: Whole = 0
    max: Whole | None = None


class Domains(Open):
    cpu: bool | None = None
    ram: bool | None = None
    inaccessible: bool | None = None


class Mem(Open):
    min_size: Whole = 0
    max_size: Whole | None = None
    contiguous: bool = False
    secure_required: bool = False
    domains: Domains = Domains()
    heaps: list[Heap] | None = None
    base_align: Whole | None = Field(
        None,
        validation_alias=AliasChoices(
            "min_physical_base_alignment", "physical_base_alignment", "base_alignment", "base_align"
        ),
    )


class Image(Open):
    """One alternative: pairs of format and modifier, and what holds for all of them."""

    formats: list[Format] = []
    color_spaces: list[str] | None = None
    min_size: Size | None = None
    max_size: Size | None = None
    min_bpr: Whole = 0
    max_bpr: Whole | None = None
    max_area: Whole | None = None
    size_align: Size | None = None
    display_align: Size | None = None
    bpr_divisor: Whole | None = None
    bpr_at_pixel: bool = False
    start_offset_divisor: Whole | None = None
    alpha: bool | None = None
    required_min: Size | None = None
    required_max: Size | None = None
    required_max_list: list[Size] = []
    pad_block: Size | None = None
    pad_beyond: Whole = 0


class Constraints(Open):
    usage: Usage = Usage()
    count: Count = Count()
    mem: Mem | None = None
    images: list[Image] = []


class Node(Open):
    """A participant, or a group of which exactly one child is taken."""

    id: str
    type: Literal["participant", "group"]
    parent: str | None = None
    constraints: Constraints | Literal["empty"] | None = None
    released_before_solve: bool = False
    dispensable: bool = False
    attached: Literal["before_allocation", "after_allocation"] | None = None

    @property
    def empty(self) -> bool:
        """States nothing and takes no buffers."""
        said = self.constraints
        return not isinstance(said, Constraints) or not (
            said.model_fields_set & set(Constraints.model_fields) or [*unknown_keys(said)]
        )


class Drawn(Open):
    """One image as that system laid it out."""

    w: Whole
    h: Whole
    bytes_per_row: Whole
    image_size: Whole


class Collection(Open):
    """A set of buffers being negotiated: its tree of participants."""

    name: str = "collection"
    nodes: list[Node]


class Facts(Open):
    """What the file's `formats` table says of one pixel format."""

    enum: int
    stride_bytes_per_pixel: int
    size_factor: Size = (1, 1)
    width_multiple: int = 1
    height_multiple: int = 1
    sample_alignment: int = 1
    has_alpha_channel: bool = False
    colour: Literal["rgb", "yuv"] | str = "rgb"
    bits: int = 8


class HeapFacts(Open):
    secure: bool = False
    domains: list[str] = []
    need_clear: bool = False
    """Buffers are cleared before use: whoever gets them, it decides nothing."""


class Environment(Open):
    """The server's limits, and what is free in its memories where a case says so."""

    page_size: Whole = 4096
    max_buffers: Whole = 64
    max_total_bytes: Whole = 1 << 30
    max_buffer_bytes: Whole = 256 << 20
    max_group_combinations: Whole = 64
    max_image_entries: Whole = 64
    max_allocation_size: Whole | None = None
    contiguous_pool_free: Whole | None = None
    free: dict[str, Whole] = {}


class World(Open):
    """What all cases of a file share."""

    heaps: dict[str, HeapFacts]
    formats: dict[str, Facts]
    ranks: list[str] = Field(alias="color_space_rank_best_first")
    environment: Environment = Environment()


def environment(world: World, *layers: dict[str, Any] | None) -> Environment:
    """The file's environment under the layers of a case; `HEAP_free` is `free: {HEAP: …}`.

    A limit of the file that we do not know is not imposed: a case that lives on
    it then fails. One of a single case stays, for the scope to see.
    """
    merged: dict[str, Any] = world.environment.model_dump(include=set(Environment.model_fields))
    free: dict[str, int] = dict(merged.pop("free"))
    for layer in layers:
        for key, value in (layer or {}).items():
            heap = key.removesuffix("_free")
            if key == "free":
                free.update(value)
            elif key.endswith("_free") and heap in world.heaps:
                free[heap] = value
            else:
                merged[key] = value
    return Environment.model_validate({**merged, "free": free})


def read_world(data: dict[str, Any]) -> World:
    """The shared part of a case file, in the file's own JSON."""
    schema = data.get("schema")
    return World.model_validate(
        {
            "heaps": data["heaps"],
            "formats": data["formats"],
            "color_space_rank_best_first": data["color_space_rank_best_first"],
            "environment": (schema.get("environment") or {}) if isinstance(schema, dict) else {},
        }
    )
