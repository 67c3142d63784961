"""What needs the whole profile: just allowed beside just refused (tests/hostile.py has more of the latter)."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.checks.consistency import faults
from heapwright.platforms.schema import Platform

SOURCE = "a manual"


def board(**sections: Any) -> Platform:
    """A platform of these sections; things without a source get one."""
    for section in ("memory", "iommus", "heaps", "devices"):
        for thing in sections.get(section, {}).values():
            thing.setdefault("source", SOURCE)
            for port in thing.get("ports", {}).values():
                port.setdefault("source", SOURCE)
    return Platform.model_validate({"schema": "heapwright/platform/1", "name": "board", **sections})


def said(**sections: Any) -> list[str]:
    return [message for _, message in faults(board(**sections))]


def test_a_link_that_a_device_names_is_there() -> None:
    slot = {"slot": {"type": "pcie", "source": SOURCE}}
    card = {"card": {"kind": "gpu", "dma": {"bits": 40}, "link": "slot"}}
    assert said(links=slot, devices=card) == []
    assert said(links={"slots": slot["slot"]}, devices=card) == ["no link 'slot'; did you mean 'slots'?"]


def memory(**parts: Any) -> dict[str, Any]:
    return {"memory": {"dram": {"base": "1GiB", "size": "1GiB"}, "part": {"inside": "dram", **parts}}}


@pytest.mark.parametrize(
    ("base", "size", "sentences"),
    [
        ("1GiB", "1GiB", []),
        ("1GiB", 1, []),
        (2147483647, 1, []),
        (2147483648, 1, ["part ends at 0x80000001, after dram around it at 0x80000000"]),
        (1073741823, 1, ["part starts at 0x3fffffff, before dram around it at 0x40000000"]),
        (None, "1GiB", []),
        (None, 1073741825, ["part has 1073741825 bytes, more than the 1 GiB of dram around it"]),
        ("unknown", "unknown", []),
        # Somewhere in the range it fits: the worst place is the solver's business.
        ("0x0..0x7fffffff", 4096, []),
        ("0x0..0x3fffffff", 4096, ["part starts at 0x3fffffff, before dram around it at 0x40000000"]),
        ("0x7ffff001..0x90000000", 4096, ["part ends at 0x80000001, after dram around it at 0x80000000"]),
        ("1GiB", "1MiB..4GiB", []),
    ],
)
def test_a_part_lies_within_its_surroundings(base: Any, size: Any, sentences: list[str]) -> None:
    assert said(**memory(base=base, size=size)) == sentences


def test_outermost_memory_says_where_it_lies_unless_it_is_local() -> None:
    gpu = {"gpu0": {"kind": "gpu", "dma": {"bits": 40}}}
    assert said(memory={"vram": {"size": 1, "local": "gpu0"}}, devices=gpu) == []
    assert said(memory={"dram": {"size": 1, "base": "unknown"}}) == []
    assert said(memory={"dram": {"size": 1}}) == [
        "'base' is missing: outermost memory states its address, a range of them, or unknown"
    ]


def test_a_cycle_of_inside_is_told_once_and_does_not_hang() -> None:
    parts = {name: {"inside": outer, "size": 1} for name, outer in ("ab", "bc", "ca", "da")}
    assert said(memory=parts) == ["a lies inside itself: a → b → c → a"]


def test_heaps_may_move_buffers_in_a_chain_but_not_in_a_circle() -> None:
    def heaps(**moves: str | None) -> dict[str, Any]:
        made = {
            name: {"via": "drm", "memory": ["m"], "cpu": "none", "moves_to": to} for name, to in moves.items()
        }
        return {"memory": {"m": {"base": 0, "size": 1}}, "heaps": made}

    assert said(**heaps(vram="gtt", gtt=None)) == []
    assert said(**heaps(vram="gtt", gtt="vram")) == ["gtt moves buffers to itself: gtt → vram → gtt"]


@pytest.mark.parametrize("alignment", [4096, 1 << 40, "page", "unknown", None, {"by_size_up_to": 4096}])
def test_alignments_are_powers_of_two(alignment: Any) -> None:
    heap = {"via": "drm", "memory": "unknown", "cpu": "none", "align": alignment}
    assert said(heaps={"h": heap}) == []


@pytest.mark.parametrize("alignment", [3 << 12, "3 pages", {"by_size_up_to": 3 << 20}])
def test_other_alignments_are_refused(alignment: Any) -> None:
    heap = {"via": "drm", "memory": "unknown", "cpu": "none", "align": alignment}
    (message,) = said(heaps={"h": heap})
    assert message.startswith("expected a power of two for an alignment, got")


@pytest.mark.parametrize("page", [4096, 16384, 65536])
@pytest.mark.parametrize("field", ["run", "align", "by_size_up_to"])
def test_what_a_heap_promises_is_made_of_whole_pages(page: int, field: str) -> None:
    def of(size: Any) -> list[str]:
        facts = {"align": {"by_size_up_to": size}} if field == "by_size_up_to" else {field: size}
        return said(page=page, heaps={"h": {"via": "drm", "memory": "unknown", "cpu": "none", **facts}})

    assert of(page) == of(4 * page) == of("page") == of("256 pages") == []
    (message,) = of(page // 2)
    assert message.startswith(f"expected a multiple of the page, {page >> 10} KiB, got {page >> 11} KiB")


def test_a_run_of_pages_and_a_half_is_refused() -> None:
    heap = {"via": "drm", "memory": "unknown", "cpu": "none", "run": 6144}
    assert said(heaps={"h": heap}) == [
        "expected a multiple of the page, 4 KiB, got 6 KiB; 'page' and '256 pages' follow the page of the profile"
    ]


def test_bus_addresses_that_are_shared_are_allotted_in_one_way() -> None:
    def of(dma: Any, **unit: Any) -> list[str]:
        return said(iommus={"mmu": unit}, devices={"gpu": {"kind": "gpu", "dma": {"bits": 32, **dma}}})

    shared = {"aperture": {"size": "1GiB"}, "iova": "dma-iommu"}
    assert of({"iommu": "mmu", "iova": "drm-mm"}) == of({"mmu": True, "iova": "drm-mm"}) == []
    assert of({"iommu": "mmu"}, **shared) == []
    assert of({"iommu": "mmu", "iova": "drm-mm"}, **shared) == [
        "all behind mmu share its aperture: 'iova' is said there (iommus.mmu.iova)"
    ]
    assert of({"iova": "drm-mm"}) == [
        "no bus addresses are allotted to a device that has neither an 'iommu' nor an 'mmu'"
    ]
    assert of({"mmu": True, "iova": {"by_size_up_to": "3MiB"}}) == [
        "expected a power of two for an alignment, got 3145728"
    ]


def test_bits_may_be_left_out_only_where_the_cpu_reads() -> None:
    assert said(devices={"udl": {"kind": "display", "by_cpu": True}}) == []
    assert said(devices={"udl": {"kind": "display", "dma": {"bits": "unknown"}}}) == []
    assert said(devices={"udl": {"kind": "display"}}) == [
        "'bits' is missing; expected a width of addresses, or unknown"
    ]


@pytest.mark.parametrize(("size", "fits"), [("4GiB", True), (4294967297, False)])
def test_an_aperture_lies_within_the_bits(size: Any, fits: bool) -> None:
    aperture = {"base": 0, "size": size}
    assert (said(iommus={"mmu": {"bits": 32, "aperture": aperture}}) == []) is fits
    device = {"kind": "gpu", "dma": {"bits": 32, "mmu": True, "aperture": aperture}}
    assert (said(devices={"gpu": device}) == []) is fits


def rule(**fields: Any) -> list[str]:
    port = {"access": "read", "images": [{"formats": ["XR24"], **fields}]}
    return said(devices={"d": {"kind": "display", "dma": {"bits": 32}, "ports": {"scanout": port}}})


@pytest.mark.parametrize(
    ("fields", "sound"),
    [
        ({"extent": {"min": "64x64", "max": "64x64"}}, True),
        ({"extent": {"min": "64x65", "max": "64x64"}}, False),
        ({"extent": {"min": "unknown", "max": "64x64"}}, True),
        ({"stride": {"min": 64, "max": 64}}, True),
        ({"stride": {"min": 65, "max": 64}}, False),
        ({"column_height": {"min": 2, "max": 2}}, True),
        ({"column_height": {"min": 3, "max": 2}}, False),
        ({"column_height": {"times_height": {"min": "3/2", "max": "6/4"}}}, True),
        ({"column_height": {"times_height": {"min": "3/2", "max": "5/4"}}}, False),
        ({"formats": ["YU08"], "modifiers": ["ARM_AFBC(16x16)"]}, True),
        ({"formats": ["YU08"]}, False),
        ({"formats": ["YU08", "XR24"], "modifiers": ["LINEAR", "ARM_AFBC(16x16)"]}, True),
        ({"modifiers": ["LINEAR", "0x0"]}, False),
    ],
)
def test_an_image_rule_contradicts_itself_or_not(fields: dict[str, Any], sound: bool) -> None:
    assert (rule(**fields) == []) is sound


def test_a_kernel_range_of_a_heap_may_not_be_empty() -> None:
    def heap(**fields: str) -> list[str]:
        return said(heaps={"h": {"via": "drm", "memory": "unknown", "cpu": "none", **fields}})

    assert heap(since="6.9", until="6.12") == []
    assert heap(since="6.12", until="6.12") == ["the heap would be gone in 6.12, before it came in 6.12"]


def test_one_node_may_serve_two_heaps_in_different_kernels() -> None:
    def heap(**fields: Any) -> dict[str, Any]:
        return {"via": "dma-heap", "names": ["reserved"], "memory": "unknown", "cpu": "cached", **fields}

    assert said(heaps={"old": heap(until="6.12"), "new": heap(since="6.12")}) == []
    assert said(heaps={"a": heap(), "b": heap()}) == ["'reserved' is already a name of heap 'a'"]


def test_unknown_is_no_name() -> None:
    port = {"access": "read", "memory": "unknown", "takes_from": "unknown"}
    device = {"kind": "display", "dma": {"bits": "unknown"}, "imports": "unknown", "ports": {"scanout": port}}
    heap = {"via": "drm", "memory": "unknown", "cpu": "unknown", "access": "unknown"}
    sections = {
        "devices": {"d": device},
        "heaps": {"h": heap},
        "memory": {"m": {"size": "unknown", "base": "unknown", "reached_by": "unknown"}},
    }
    assert said(**sections) == []


def test_what_is_held_fits() -> None:
    assert said(**memory(size=4096, held=4096)) == []
    assert said(**memory(size=4096, held=4097)) == ["others hold 4097 bytes of part, which has only 4 KiB"]
    assert said(**memory(size="1KiB..8KiB", held="unknown")) == []


@pytest.mark.parametrize(
    ("second", "sentences"),
    [
        ({"base": "2GiB", "size": "1GiB"}, []),
        (
            {"base": "1535MiB", "size": "1GiB"},
            [
                "other starts at 0x5ff00000, within dram, which ends at 0x80000000; "
                "a part of it says so with 'inside'"
            ],
        ),
        # Somewhere beside it there is room, and nobody knows better.
        ({"base": "0x0..0xffffffff", "size": "1GiB"}, []),
        ({"base": "unknown", "size": "1GiB"}, []),
        ({"base": 0, "size": "1GiB..2GiB"}, []),
        ({"base": "1GiB", "size": "unknown"}, []),
        ({"inside": "dram", "base": "1GiB", "size": "1GiB"}, []),
    ],
)
def test_memories_beside_each_other_do_not_overlap(second: dict[str, Any], sentences: list[str]) -> None:
    heaps = {name: {"via": "dma-heap", "memory": [name], "cpu": "cached"} for name in ("dram", "other")}
    assert said(memory={"dram": {"base": "1GiB", "size": "1GiB"}, "other": second}, heaps=heaps) == sentences


def test_parts_of_one_memory_do_not_overlap_either() -> None:
    parts = {name: {"inside": "dram", "base": "1GiB", "size": "64MiB"} for name in ("cma", "tz")}
    heaps = {name: {"via": "dma-heap", "memory": [name], "cpu": "cached"} for name in parts}
    found = said(memory={"dram": {"base": "1GiB", "size": "1GiB"}, **parts}, heaps=heaps)
    assert [sentence.partition(",")[0] for sentence in found] == ["tz starts at 0x40000000"]


def test_a_place_that_no_heap_names_may_lie_anywhere() -> None:
    # RK3588's SRAM lies in a hole of the DRAM's range, and only its driver uses it.
    sram = {"base": "1GiB", "size": "64KiB"}
    heaps = {"system": {"via": "dma-heap", "memory": ["dram"], "cpu": "cached"}}
    assert said(memory={"dram": {"base": "1GiB", "size": "1GiB"}, "sram": sram}, heaps=heaps) == []


def named(**changes: Any) -> list[str]:
    """What is said of a board in which some name is another: `heap={"exporter": "gpu0"}`."""
    gpu: dict[str, Any] = {
        "kind": "gpu",
        "dma": {"bits": 40, **changes.get("dma", {})},
        **changes.get("device", {}),
    }
    if "port" in changes:
        gpu["ports"] = {"render": {"access": "write", **changes["port"]}}
    heap = {"via": "dma-heap", "memory": ["dram"], "cpu": "none", **changes.get("heap", {})}
    inner = {"inside": "dram", "size": 4096, **changes.get("memory", {})}
    return said(
        memory={"dram": {"base": 0, "size": "1GiB"}, "part": inner},
        heaps={"pool": heap},
        devices={"gpu0": gpu},
    )


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"dma": {"iommu": "unknown"}}, "iommu"),
        ({"memory": {"inside": "unknown"}}, "memory"),
        ({"memory": {"local": "unknown"}}, "device"),
        ({"heap": {"exporter": "unknown"}}, "device"),
        ({"heap": {"moves_to": "unknown"}}, "heap"),
        ({"heap": {"locks": {"from": "unknown", "size": 4096}}}, "memory"),
        ({"port": {"uses": {"unknown": 1}}}, "resource"),
    ],
)
def test_unknown_is_no_name_where_one_must_stand(changes: dict[str, Any], what: str) -> None:
    assert any(text.startswith(f"no {what} 'unknown'") for text in named(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"memory": {"reached_by": "unknown"}},
        {"heap": {"memory": "unknown"}},
        {"heap": {"access": "unknown"}},
        {"device": {"imports": "unknown"}},
        {"port": {"memory": "unknown"}},
        {"port": {"takes_from": "unknown"}},
    ],
)
def test_unknown_is_a_value_where_a_list_of_names_may_be_so(changes: dict[str, Any]) -> None:
    assert not [text for text in named(**changes) if "unknown" in text]


@pytest.mark.parametrize("field", ["segments", "boundary"])
def test_pieces_are_counted_only_where_physical_addresses_are_seen(field: str) -> None:
    def of(**dma: Any) -> list[str]:
        device = {"kind": "display", "dma": {"bits": 32, field: 4096, **dma}}
        return said(iommus={"mmu0": {}}, devices={"panel": device})

    assert of() == []
    for dma, behind in (({"iommu": "mmu0"}, "mmu0"), ({"mmu": True}, "page tables of its own")):
        assert of(**dma) == [
            f"panel sees one run of bus addresses behind {behind}, whatever pages it is made of; "
            f"leave '{field}' out (null removes an inherited one)"
        ]
