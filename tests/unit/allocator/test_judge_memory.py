"""The judge on where buffers live: reach, importing, capacities. 1024-byte buffers take a page of 4096."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.allocator.judge.judge import judge
from heapwright.allocator.judge.platform import JudgedPlatform
from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, heap, image, iommu, memory, peak, pipeline, port, raw_port
from tests.unit.allocator import plans_by_hand
from tests.unit.allocator.plans_by_hand import CAMERA, PANEL, judged, kinds, placement, plan, read


def with_panel(**facts: Any) -> dict[str, Any]:
    return {"panel": device("display", scanout=port(), **facts)}


def with_port(**facts: Any) -> dict[str, Any]:
    return {"panel": device("display", scanout=port(**facts))}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"imports": "none"}, {"importer-refuses"}),
        ({"imports": "unknown"}, {"importer-refuses"}),
        ({"imports": ["system"]}, set()),
        ({"by_cpu": True}, set()),
        ({"once": True}, set()),
    ],
)
def test_what_a_device_imports(facts: dict[str, Any], expected: set[str]) -> None:
    assert kinds(judged(board(devices=with_panel(**facts)))) == expected


def test_a_device_takes_its_own_exports() -> None:
    heaps = {"system": heap("dram", exporter="panel")}
    assert judged(board(devices=with_panel(imports="none"), heaps=heaps)) == ()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"takes_from": ["system"]}, set()),
        ({"takes_from": "unknown"}, {"importer-refuses"}),
        ({"memory": ["dram"]}, set()),
        ({"memory": "unknown"}, set()),
        ({"base": {"multiple": 4096}}, set()),
        ({"base": {"multiple": 8192}}, {"base-alignment"}),
        ({"bytes": {"max": 1023}}, {"extent"}),
        ({"bytes": {"multiple": 1000}}, {"extent"}),
        ({"holds": 2}, {"count"}),
        ({"slack": 1}, {"count"}),
        ({"count": {"min": 3}}, {"count"}),
        ({"count": {"max": 1}}, {"count"}),
        ({"how_many": 1}, set()),
        ({"uses": {"overlay": 1}}, set()),
        ({"uses": {"overlay": 2}}, {"resource"}),
    ],
)
def test_what_a_port_asks(facts: dict[str, Any], expected: set[str]) -> None:
    assert kinds(judged(board(devices=with_port(**facts), resources={"overlay": 1}))) == expected


def test_takes_from_other_heaps_only() -> None:
    heaps = {"system": heap("dram"), "cma": heap("dram")}
    assert kinds(judged(board(devices=with_port(takes_from=["cma"]), heaps=heaps))) == {"importer-refuses"}


def test_a_translated_address_is_only_page_aligned() -> None:
    heaps = {"system": heap("dram", align="64KiB")}
    allocated = {"allocated": 1 << 16}
    facts = port(base={"multiple": 65536})
    physical = board(heaps=heaps, devices={"panel": device("display", dma={}, scanout=facts)})
    paged = board(heaps=heaps, devices={"panel": device("display", scanout=facts)})
    assert judged(physical, **allocated) == ()
    assert kinds(judged(paged, **allocated)) == {"base-alignment"}


def test_attaching_twice() -> None:
    asked = pipeline(frame=buffer(read_by=["display:a.scanout", "display:b.scanout"]))
    twice = {"attachments": (CAMERA, PANEL, PANEL), "count": 3}
    assert judged(board(), asked, **twice) == ()
    assert kinds(judged(board(devices=with_panel(once=True)), asked, **twice)) == {"attach-once"}
    assert kinds(judged(board(devices=with_port(how_many=1)), asked, **twice)) == {"resource"}


def test_the_cpu_needs_a_mapping() -> None:
    asked = pipeline(frame=buffer(read_by="cpu.read"))
    devices = {"cpu0": device("cpu", read=port())}
    by_hand = {"attachments": (CAMERA, read("cpu0", "read"))}
    assert judged(board(devices=devices), asked, **by_hand) == ()
    for mapping in ("none", "unknown"):
        heaps = {"system": heap("dram", cpu=mapping)}
        assert kinds(judged(board(devices=devices, heaps=heaps), asked, **by_hand)) == {"cpu-access"}
        assert kinds(judged(board(devices=with_panel(by_cpu=True), heaps=heaps))) == {"cpu-importer"}


def test_a_heap_that_never_syncs() -> None:
    quiet = {"system": heap("dram", sync="none")}
    assert judged(board(heaps=quiet)) == ()
    assert kinds(judged(board(heaps=quiet, devices=with_panel(coherent=False)))) == {"coherency"}
    assert kinds(judged(board(heaps=quiet, devices=with_panel(coherent="unknown")))) == {"coherency"}


# A card: its own memory, and a heap in it.


def card(**facts: Any) -> Platform:
    stated: dict[str, Any] = {"local": "card", **facts.pop("vram", {})}
    return board(
        memory={"vram": memory("1MiB", **stated)},
        heaps={"vram": heap("vram", **facts.pop("heap", {})), "system": heap("dram")},
        devices={
            "card": device("gpu", sample=port(), render=port(memory=["vram"])),
            "nic": device("nic", send=raw_port()),
            **facts,
        },
    )


def in_vram(platform: Platform, *attached: Any, **changes: Any) -> set[str]:
    asked = pipeline(
        frame=buffer(written_by="gpu.render", read_by=[f"{each}" for each in changes.pop("read_by", [])])
    )
    return kinds(
        judged(platform, asked, heap="vram", attachments=attached, count=max(len(attached), 1), **changes)
    )


def test_local_memory_needs_peer_to_peer() -> None:
    render = PANEL.model_copy(update={"device": "card", "port": "render", "access": "write"})
    reached = with_panel(dma={"mmu": True, "p2p": "dynamic"})
    assert in_vram(card(), render) == set()
    assert in_vram(card(), render, PANEL, read_by=["display.scanout"]) == {"unreachable-memory"}
    assert in_vram(card(**reached), render, PANEL, read_by=["display.scanout"]) == {"unreachable-memory"}
    both = card(vram={"reached_by": ["panel"]}, **reached)
    assert in_vram(both, render, PANEL, read_by=["display.scanout"]) == set()
    needs = card(vram={"reached_by": ["panel"]}, heap={"requires_p2p": True}, **reached)
    assert in_vram(needs, render, PANEL, read_by=["display.scanout"]) == {"unreachable-memory"}
    # linux-7.2.13:drivers/vfio/pci/vfio_pci_dmabuf.c vfio_pci_dma_buf_attach(): who has it attaches to nothing.
    its_own = {"requires_p2p": True, "exporter": "card"}
    own = card(vram={"reached_by": ["panel"]}, heap=its_own, **reached)
    assert in_vram(own, render, PANEL, read_by=["display.scanout"]) == set()


def test_an_importer_without_peer_to_peer_moves_the_buffer() -> None:
    # It then lives in dram, where the card cannot render to.
    render = PANEL.model_copy(update={"device": "card", "port": "render", "access": "write"})
    moving = card(heap={"moves_to": "system"})
    assert in_vram(moving, render) == set()
    assert in_vram(moving, render, PANEL, read_by=["display.scanout"]) == {"pinned-elsewhere"}


def test_local_only_ports_stay_in_their_memory() -> None:
    render = PANEL.model_copy(update={"device": "card", "port": "render", "access": "write"})
    asked = pipeline(frame=buffer(written_by="gpu.render", read_by=[]))
    assert kinds(judged(card(), asked, attachments=(render,), count=1)) == {"local-only"}


def test_a_window_of_local_memory() -> None:
    render = PANEL.model_copy(update={"device": "card", "port": "render", "access": "write"})
    assert in_vram(card(vram={"window": "4KiB"}), render) == set()
    asked = pipeline(frame=buffer(written_by="gpu.render", read_by=[], count=2))
    narrow = card(vram={"window": "4KiB"})
    assert kinds(judged(narrow, asked, heap="vram", attachments=(render,), count=2)) == {"local-only"}


def translated(panel: dict[str, Any], **unit: Any) -> set[str]:
    return kinds(
        judged(board(iommus={"mmu": iommu(**unit)}, devices=with_panel(dma={"iommu": "mmu", **panel})))
    )


def test_an_iommu_translates_what_it_can_reach() -> None:
    assert translated({"bits": 16}) == set()
    assert translated({}, bits=30) == set()
    assert translated({}, bits=29) == {"iommu-reach"}


def test_apertures_hold_all_mappings_at_once() -> None:
    # Two buffers of a page each, behind the page at 0, which is not given out.
    assert translated({}, aperture={"size": "12KiB"}) == set()
    assert translated({}, aperture={"size": "8KiB"}) == {"iova-aperture"}
    assert translated({}, aperture={"size": "8KiB"}, iova="drm-mm") == set()
    assert translated({}, aperture={"size": "64KiB"}, page="16KiB") == {"iommu-page"}
    assert translated({"bits": 13}, aperture={"base": 4096, "size": "8KiB"}) == {"iova-aperture"}
    assert translated({"bits": 14}) == set()
    assert translated({"bits": 13}) == {"iova-aperture"}
    assert translated({"aperture": {"base": 0, "size": "8KiB"}}) == {"iova-aperture"}
    paged = with_panel(dma={"mmu": True, "aperture": {"base": 0, "size": "8KiB"}})
    assert kinds(judged(board(devices=paged))) == {"iova-aperture"}


def test_parts_that_heaps_name_are_not_around_them() -> None:
    # 16 KiB of dram around 8 KiB of cma (through `low`, which nobody names): 8 KiB are left.
    def refused(count: int) -> set[str]:
        platform = board(
            memory={
                "dram": memory("16KiB"),
                "low": memory("12KiB", inside="dram"),
                "cma": memory("8KiB", inside="low"),
            },
            heaps={"system": heap("dram"), "cma": heap("cma")},
        )
        asked = pipeline(frame=buffer(count=count))
        return kinds(judged(platform, asked, count=count))

    assert refused(2) == set()
    assert refused(3) == {"capacity"}


@pytest.mark.parametrize(
    ("dram", "expected"),
    [
        (memory("8KiB"), set()),
        (memory("4KiB..8KiB"), {"capacity"}),
        (memory("12KiB", held="4KiB"), set()),
        (memory("12KiB", held="8KiB"), {"capacity"}),
        (memory("unknown"), set()),
        (memory("8KiB", base="unknown"), set()),
        (memory("8KiB", bandwidth=peak(2 * 60 * 1024)), set()),
        (memory("8KiB", bandwidth=peak(2 * 60 * 1024 - 1)), {"resource"}),
    ],
)
def test_how_much_a_memory_gives(dram: dict[str, Any], expected: set[str]) -> None:
    assert kinds(judged(board(memory={"dram": dram}))) == expected


def test_traffic_to_a_part_passes_through_what_is_around_it() -> None:
    platform = board(
        memory={"dram": memory(bandwidth=peak(1000)), "cma": memory("1MiB", inside="dram")},
        heaps={"system": heap("cma")},
    )
    assert kinds(judged(platform)) == {"resource"}


@pytest.mark.parametrize(("most", "expected"), [(60 * 1024, set()), (60 * 1024 - 1, {"resource"})])
def test_a_device_moves_so_much_and_no_more(most: int, expected: set[str]) -> None:
    # 1024 bytes, 60 times a second, read by the panel; what the camera writes is not the panel's.
    assert kinds(judged(board(devices=with_panel(bandwidth=peak(most))))) == expected


@pytest.mark.parametrize(("most", "expected"), [(2 * 60 * 1024, set()), (2 * 60 * 1024 - 1, {"resource"})])
def test_ranges_behind_one_controller_share_what_it_carries(most: int, expected: set[str]) -> None:
    memories = {
        "all": memory("unknown", base="unknown", bandwidth=peak(most)),
        "dram": memory(inside="all", base=0),
        "high": memory(inside="all", base="32GiB"),
    }
    assert kinds(judged(board(memory=memories, heaps={"system": heap("dram", "high")}))) == expected


def test_what_firmware_keeps_for_a_device_has_no_address_wherever_the_controller_is() -> None:
    memories = {
        "all": memory("unknown", base="unknown"),
        "dram": memory(inside="all", base=0),
        "vram": {"size": "64KiB", "inside": "all", "local": ["camera", "panel"], "source": "made up"},
    }
    platform = board(memory=memories, heaps={"system": heap("vram")}, devices=with_panel(dma={"bits": 16}))
    assert kinds(judged(platform)) == set()


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"base": 0}, set()),
        ({"base": "0..0x1000"}, {"address-reach"}),
        ({"base": "unknown"}, {"address-reach"}),
        ({"base": 0, "size": "unknown"}, {"address-reach"}),
        ({"inside": "around"}, {"address-reach"}),
        ({"inside": "around", "base": 0}, set()),
    ],
)
def test_the_worst_place_counts(place: dict[str, Any], expected: set[str]) -> None:
    memories = {"dram": memory(**{"size": "64KiB", **place}), "around": memory("128KiB")}
    if "inside" not in place:
        memories["around"] = memory("4KiB", base=1 << 30)
    # 2^16 is the end of 64 KiB at 0.
    assert kinds(judged(board(memory=memories, devices=with_panel(dma={"bits": 16})))) == expected


def test_memory_of_a_heap_that_nobody_knows() -> None:
    anywhere = {"system": {**heap("dram"), "memory": "unknown"}}
    assert judged(board(heaps=anywhere)) == ()
    assert kinds(judged(board(heaps=anywhere, devices=with_panel(dma={"bits": 40})))) == {"address-reach"}


@pytest.mark.parametrize(
    ("facts", "changes", "expected"),
    [
        ({"largest": 1024}, {}, {"heap-limits"}),
        ({"largest": 4096}, {}, set()),
        ({"buffers": 1}, {}, {"heap-limits"}),
        ({"buffers": 2}, {}, set()),
        ({"granule": "16KiB"}, {"allocated": 16384}, set()),
        ({"align": "8KiB"}, {"allocated": 8192}, set()),
        ({"align": {"by_size_up_to": "1MiB"}, "granule": "12KiB"}, {"allocated": 16384}, set()),
    ],
)
def test_what_a_heap_makes(facts: dict[str, Any], changes: dict[str, Any], expected: set[str]) -> None:
    assert kinds(judged(board(heaps={"system": heap("dram", **facts)}), **changes)) == expected


def test_memory_sets_must_fit_together() -> None:
    # `either` may take pages from both banks, `second` from one: four pages in two banks of 8 KiB fit,
    # five do not, and neither do three pages confined to one bank. Whole runs make no difference to
    # buffers of one page.
    def together(first: int, second: int, run: str = "4KiB") -> set[str]:
        platform = board(
            memory={"dram": memory("8KiB"), "bank": memory("8KiB", base=1 << 20)},
            heaps={"either": heap("dram", "bank", run=run), "second": heap("bank")},
        )
        sized = pipeline(one=buffer(count=first), two=buffer(count=second))
        one = placement(buffer="one", heap="either", count=first)
        return kinds(
            judge(platform, [sized], plan(one, placement(buffer="two", heap="second", count=second)))
        )

    assert together(2, 2) == set()
    assert together(3, 2) == {"capacity"}
    assert together(2, 3) == {"capacity"}
    assert together(2, 2, run="whole") == set()


def test_whole_runs_are_not_split_between_memories() -> None:
    # Two runs of two pages each: 16 KiB, of which `dram` has 4 KiB.
    def needed(run: str, dram: str = "4KiB") -> set[str]:
        platform = board(
            memory={"dram": memory(dram), "bank": memory("12KiB", base=1 << 20)},
            heaps={"system": heap("dram", "bank", run=run)},
        )
        return kinds(judged(platform, **plans_by_hand.image(stride=512), allocated=8192))

    assert needed("4KiB") == set()
    assert needed("whole") == {"capacity"}
    assert needed("whole", "8KiB") == set()  # one in each, whichever is taken first


def test_a_locked_pool_takes_its_block_once() -> None:
    memories = {"dram": memory("64KiB"), "cma": memory("16KiB", inside="dram")}

    def refused(count: int, pool: dict[str, Any]) -> set[str]:
        platform = board(memory=memories, heaps={"system": pool, "cma": heap("cma")})
        return kinds(judged(platform, pipeline(frame=buffer(count=count)), count=count))

    inside = heap("cma", locks={"from": "cma", "size": "12KiB"})
    elsewhere = heap("dram", locks={"from": "cma", "size": "32KiB"})
    assert refused(3, inside) == set()
    assert refused(4, inside) == {"capacity"}
    assert refused(2, elsewhere) == {"capacity"}


def test_some_rule_must_fit_the_budget() -> None:
    cheap, dear = image(), image(uses={"overlay": 2})
    both = board(
        devices=with_panel() | {"panel": device("display", scanout=port(dear, cheap))},
        resources={"overlay": 1},
    )
    one = board(
        devices=with_panel() | {"panel": device("display", scanout=port(dear))}, resources={"overlay": 1}
    )
    assert judged(both) == ()
    assert kinds(judged(one)) == {"resource"}


def test_live_buffers_keep_what_their_rules_use() -> None:
    dear = {"panel": device("display", scanout=port(image(uses={"overlay": 1})))}
    platform = board(devices=dear, resources={"overlay": 1})
    assert judged(platform) == ()
    there = placement(pipeline="earlier")
    assert kinds(judge(platform, [pipeline()], plan(), live=[there])) == {"resource"}


@pytest.mark.parametrize("granule", ["1 pages", "2 pages", "4 pages", "16 pages"])
@pytest.mark.parametrize("cap", ["2 pages", "8 pages", "64 pages"])
def test_a_heap_aligns_to_every_power_of_two_that_some_size_is_aligned_to(granule: str, cap: str) -> None:
    facts = JudgedPlatform(board(heaps={"h": heap("dram", align={"by_size_up_to": cap}, granule=granule)}))
    made = facts.heaps["h"]
    assert made.memories is not None
    sizes = [1 << bits for bits in range(12, 24)]
    expected = {made.alignment(size) for size in sizes}
    assert facts.capacity.runs._taker(made, made.memories).aligns == expected
