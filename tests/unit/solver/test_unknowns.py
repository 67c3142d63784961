"""unknowns: what a plan rests on that nobody knows, and what is worth a warning."""

from __future__ import annotations

from typing import Annotated, Any

import heapwright
from heapwright.platforms.schema import Device, Platform
from heapwright.platforms.schema.unknown import requirement
from heapwright.platforms.values import Unknown
from heapwright.solver.answer.plan import Infeasible
from tests.builders import (
    board,
    buffer,
    device,
    facts,
    heap,
    image,
    iommu,
    memory,
    pipeline,
    placed,
    plan,
    port,
    raw_port,
    refusal,
)

STRICT = heapwright.Options(strict=True)


class NewDevice(Device):
    """A device of which one more thing may be asked than of those that there are."""

    latency: Annotated[int | Unknown | None, requirement()] = None


def listed(platform: Platform, **question: Any) -> list[tuple[str, str]]:
    return [(fact.subject, fact.field) for fact in plan(platform, **question).unknown_facts]


def test_a_board_that_knows_everything_lists_nothing() -> None:
    assert listed(board()) == []


def test_a_new_requirement_of_devices_is_listed_as_soon_as_it_is_a_field() -> None:
    known = board()
    panel = NewDevice(**dict(known.devices["panel"]), latency="unknown")
    platform = known.model_copy(update={"devices": {**known.devices, "panel": panel}})
    assert listed(platform) == [("panel", "latency")]
    assert facts(refusal(platform, options=STRICT)) != []


def test_planes_that_nobody_counted_are_not_limited_and_listed() -> None:
    # Left out or `unknown` is one: neither is a promise that there are enough.
    left_out = device("display", scanout=port(), cursor=port())
    for scanout in left_out["ports"].values():
        del scanout["how_many"]
    unknown = device("display", scanout=port(how_many="unknown"), cursor=port(how_many="unknown"))
    many = {
        f"f{number}": buffer(read_by=f"display.{'cursor' if number % 2 else 'scanout'}")
        for number in range(40)
    }
    for panel in (left_out, unknown):
        platform = board(devices={"panel": panel})
        assert listed(platform) == [("panel.scanout", "how_many")]
        found = plan(platform, pipeline(**many))
        assert [(fact.subject, fact.text) for fact in found.unknown_facts] == [
            (each, f"how_many of {each} is unknown and was not imposed")
            for each in ("panel.cursor", "panel.scanout")
        ]
        assert facts(refusal(platform, options=STRICT)) != []


def test_of_other_ports_there_is_no_limit_where_none_is_stated() -> None:
    assert listed(board()) == []  # the camera says nothing
    unknown = board(devices={"camera": device("camera", capture=port(how_many="unknown"))})
    assert listed(unknown) == [("camera.capture", "how_many")]


def test_every_unknown_requirement_is_listed_once_and_in_order() -> None:
    rule = image(stride={"multiple": "unknown", "max": "unknown"}, rows={"multiple": "unknown"})
    platform = board(
        memory={"bank": memory("unknown", base="4GiB", bandwidth="unknown")},
        heaps={"bank": heap("bank", granule="unknown", largest="unknown", buffers="unknown")},
        iommus={"mmu0": iommu(bits="unknown", aperture="unknown")},
        devices={
            "camera": device("camera", dma={"iommu": "mmu0"}, capture=port()),
            "panel": device(
                "display",
                dma={"bits": "unknown", "segments": "unknown", "boundary": "unknown"},
                scanout=port(rule, bytes={"max": "unknown"}, base={"multiple": "unknown"}),
            ),
        },
    )
    assert listed(platform) == sorted(
        [
            ("bank", "bandwidth"),
            ("bank", "buffers"),
            ("bank", "granule"),
            ("bank", "largest"),
            ("bank", "size"),
            ("mmu0", "aperture"),
            ("mmu0", "bits"),
            ("panel", "dma.bits"),
            ("panel", "dma.boundary"),
            ("panel", "dma.segments"),
            ("panel.scanout", "base.multiple"),
            ("panel.scanout", "bytes.max"),
            ("panel.scanout", "rows.multiple"),
            ("panel.scanout", "stride.max"),
            ("panel.scanout", "stride.multiple"),
        ]
    )


def test_unknown_abilities_count_as_no_and_need_no_listing() -> None:
    platform = board(
        heaps={"system": heap("dram", sync="unknown", cpu="unknown")},
        devices={
            "panel": device("display", dma={"mmu": True, "p2p": "unknown"}, scanout=port(protected="unknown"))
        },
    )
    assert listed(platform) == []


def test_a_place_nobody_knows_needs_no_listing() -> None:
    assert listed(board(memory={"bank": memory(base="unknown")}, heaps={"bank": heap("bank")})) == []


def test_what_the_plan_does_not_touch_is_not_listed() -> None:
    platform = board(
        heaps={"other": heap("dram", largest="unknown", cpu="uncached"), "a-system": heap("dram")},
        devices={"npu": device("npu", input=port(bytes={"max": "unknown"}))},
    )
    assert listed(platform) == []


def test_only_the_rule_in_use_is_listed() -> None:
    panel = device("display", scanout=port(image(), image("NV12", rows={"multiple": "unknown"})))
    assert listed(board(devices={"panel": panel})) == []


def test_the_address_width_of_what_reads_by_cpu_does_not_matter() -> None:
    platform = board(
        devices={"panel": device("display", dma={"bits": "unknown"}, by_cpu=True, scanout=port())}
    )
    assert listed(platform) == []


def test_a_strict_question_does_without_what_is_unknown() -> None:
    heaps = {"a-vague": heap("dram", largest="unknown"), "b-known": heap("dram")}
    assert placed(board(heaps=heaps)).heap == "a-vague"
    assert (
        placed(board(heaps={**heaps, "b-known": heap("dram", cpu="uncached")}), options=STRICT).heap
        == "b-known"
    )


def test_a_strict_question_without_another_way_is_refused() -> None:
    answer = refusal(board(heaps={"vague": heap("dram", largest="unknown")}), options=STRICT)
    assert facts(answer) == [("unknown-fact", "vague")]
    assert answer.conflict[0].text == "largest of vague is unknown and was not imposed"
    assert [fact.field for fact in answer.unknown_facts] == ["largest"]


def test_a_strict_question_is_not_told_no_for_another_reason() -> None:
    answer = heapwright.solve(board(), [pipeline(frame=buffer(read_by="gpu.sample"))], options=STRICT)
    assert isinstance(answer, Infeasible)
    assert facts(answer) == [("missing-device", "gpu.sample")]


def test_a_heap_that_needs_permission_says_so() -> None:
    platform = board(heaps={"system": heap("dram", permission="root, or a udev rule for dma_heap")})
    assert plan(platform).warnings == ("system needs permission: root, or a udev rule for dma_heap",)


def test_a_cpu_that_maps_beside_snooping_devices_only_is_not_warned() -> None:
    platform = board(devices={"cpu0": device("cpu", read=raw_port())})
    assert not plan(platform, pipeline(frame=buffer(bytes=64, read_by="cpu.read"))).warnings
