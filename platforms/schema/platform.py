"""A whole board, as the solver and the simulated allocator see it."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from heapwright.platforms.schema.addresses import Iommu
from heapwright.platforms.schema.bandwidths import Link
from heapwright.platforms.schema.devices import Device
from heapwright.platforms.schema.fields import Strict
from heapwright.platforms.schema.memories import Heap, Memory
from heapwright.platforms.schema.unknown import worst
from heapwright.platforms.values import KERNEL_VERSION, UNKNOWN, Amount, Name, PositiveBytes, Unknown

SCHEMA = "heapwright/platform/1"


class Platform(Strict):
    """A whole profile, `extends` and driver rules already merged in."""

    schema_: Literal["heapwright/platform/1"] = Field(alias="schema")
    name: Name
    title: Annotated[str, Field(max_length=256)] = ""
    kernel: Annotated[
        Annotated[str, Field(pattern=f"^{KERNEL_VERSION}$")] | Unknown,
        worst("every heap and name is taken to be there", listed=False, counts_as=UNKNOWN),
    ] = "unknown"
    page: PositiveBytes = 4096
    memory: dict[Name, Memory] = Field(default_factory=dict, max_length=256)
    iommus: dict[Name, Iommu] = Field(default_factory=dict, max_length=256)
    links: dict[Name, Link] = Field(default_factory=dict, max_length=256)
    heaps: dict[Name, Heap] = Field(default_factory=dict, max_length=256)
    devices: dict[Name, Device] = Field(default_factory=dict, max_length=256)
    resources: dict[Name, Amount] = Field(default_factory=dict, max_length=256)

    @field_validator("heaps")
    @classmethod
    def _of_pages(cls, heaps: dict[str, Heap], info: ValidationInfo) -> dict[str, Heap]:
        """Sizes in pages become bytes: from here on every size is one number."""
        page: int = info.data.get("page", 4096)
        return {name: heap.in_bytes(page) for name, heap in heaps.items()}
