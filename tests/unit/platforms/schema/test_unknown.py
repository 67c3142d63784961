"""What `unknown` means is said on the field, for each field that admits it, and read from there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from heapwright.platforms.catalog import board_names
from heapwright.platforms.schema import (
    BytesMultiple,
    Device,
    Dma,
    ExtentMultiple,
    Heap,
    ImageRule,
    Iommu,
    Meaning,
    Memory,
    Platform,
    Port,
    RowsMultiple,
    Stride,
    meanings,
    settled,
    trusted,
)
from heapwright.platforms.values import INT64_MAX, UNKNOWN, Extent
from tests.examples import board as shipped


def models(annotation: Any = Platform) -> Iterator[type[BaseModel]]:
    """Every model that a profile may have, from an annotation down."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation)
    for inner in get_args(annotation):
        yield from models(inner)


def admits_unknown(annotation: Any) -> bool:
    """Whether a value of that type may be the word, here and not in a model inside."""
    if get_origin(annotation) is Literal:
        return UNKNOWN in get_args(annotation)
    return any(admits_unknown(inner) for inner in get_args(annotation))


FIELDS = sorted(
    {(model.__name__, name): (model, name) for model in models() for name in model.model_fields}.values(),
    key=lambda field: (field[0].__name__, field[1]),
)


@pytest.mark.parametrize(
    ("model", "name"), FIELDS, ids=[f"{model.__name__}.{name}" for model, name in FIELDS]
)
def test_a_field_has_one_meaning_of_unknown_exactly_where_it_admits_it(
    model: type[BaseModel], name: str
) -> None:
    field = model.model_fields[name]
    said = [each for each in field.metadata if isinstance(each, Meaning)]
    assert len(said) == admits_unknown(field.annotation)


def test_what_hardware_can_do_and_where_memory_lies_need_not_be_listed() -> None:
    silent = {
        f"{model.__name__}.{name}"
        for model in models()
        for name, meaning in meanings(model).items()
        if not meaning.listed
    }
    assert silent == {
        "ConversionEdge.lossless",
        "Device.coherent",
        "Device.imports",
        "Dma.iova",
        "Dma.p2p",
        "Heap.access",
        "Heap.align",
        "Heap.cpu",
        "Heap.run",
        "Heap.sync",
        "Iommu.iova",
        "Memory.base",
        "Memory.reached_by",
        "Platform.kernel",
        "Port.protected",
        "Port.takes_from",
    }


def test_an_unknown_ability_counts_as_no() -> None:
    device = Device(kind="gpu", coherent="unknown", imports="unknown", dma=Dma(p2p="unknown"), source="s")
    read = settled(device)
    assert (read.coherent, read.imports, read.dma.p2p) == (False, "none", "none")
    port = settled(Port(access="read", protected="unknown", takes_from="unknown", source="s"))
    assert (port.protected, port.takes_from) == ("refused", "none")
    heap = settled(
        Heap(via="drm", memory="unknown", cpu="unknown", sync="unknown", run="unknown", source="s")
    )
    assert (heap.memory, heap.cpu, heap.sync, heap.run) == (None, "none", "none", None)
    assert settled(Memory(size=1, reached_by="unknown", source="s")).reached_by == ()


def test_a_firewall_of_unknown_members_stays_told_apart_from_none() -> None:
    heap = Heap(via="tee", memory=("m",), cpu="none", access="unknown", source="s")
    assert settled(heap).access == UNKNOWN


def test_an_unknown_requirement_asks_nothing() -> None:
    rule = ImageRule(
        formats=("NV12",),
        stride=Stride(multiple="unknown", max=4096),
        coded=ExtentMultiple(multiple="unknown"),
        rows=RowsMultiple(multiple="unknown"),
    )
    read = settled(rule)
    assert (read.stride.multiple, read.stride.max) == (None, 4096)
    assert read.coded is not None and read.coded.multiple is None
    assert read.rows is not None and read.rows.multiple is None
    assert settled(Dma(bits="unknown", segments="unknown")) == Dma(bits=None).model_copy(
        update={"segments": INT64_MAX}
    )
    assert settled(Memory(size="unknown", held="unknown", source="s")).held == 0


def test_meanings_are_read_in_lists_and_tables_too() -> None:
    rule = ImageRule(formats=("NV12",), offset=BytesMultiple(multiple="unknown"))
    device = Device(kind="gpu", ports={"sample": Port(access="read", images=(rule,), source="s")}, source="s")
    (read,) = settled(device).ports["sample"].images
    assert read.offset is not None and read.offset.multiple is None


def test_what_is_known_is_read_as_it_is() -> None:
    rule = ImageRule(formats=("NV12",), coded=ExtentMultiple(multiple=Extent(16, 16)))
    port = Port(access="read", images=(rule,), source="unknown", memory=("unknown",))
    assert settled(port) is port
    assert [*trusted(port)] == []


def test_requirements_that_are_trusted_are_named_by_their_path() -> None:
    rule = ImageRule(
        formats=("NV12",),
        stride=Stride(multiple="unknown", min="unknown"),
        rows=RowsMultiple(multiple="unknown"),
    )
    assert [*trusted(rule)] == ["stride.multiple", "stride.min", "rows.multiple"]
    assert [*trusted(Iommu(bits="unknown", iova="unknown", source="s"))] == ["bits"]
    assert [*trusted(Memory(size="unknown", base="unknown", source="s"))] == ["size"]


@pytest.mark.parametrize("name", board_names())
def test_of_a_board_that_is_settled_nothing_is_trusted(name: str) -> None:
    board = settled(shipped(name))
    for thing in (*board.memory.values(), *board.iommus.values(), *board.heaps.values()):
        assert [*trusted(thing)] == []
    for device in board.devices.values():
        rules = [rule for port in device.ports.values() for rule in port.images]
        for part in (device, *device.ports.values(), *device.converts, *rules):
            assert [*trusted(part)] == []
    assert settled(board) is board
