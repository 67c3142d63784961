"""remedies: every way out works, its number is exact, and the cheapest comes first.

Each test undoes the remedy by one step and finds the question infeasible again.
"""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import solve
from heapwright.platforms.schema import Platform
from heapwright.solver.answer.plan import Infeasible
from heapwright.solver.explain.remedies import GENERATORS, least
from heapwright.solver.question.pipeline import Pipeline
from tests.builders import (
    KIB,
    board,
    buffer,
    changed,
    device,
    heap,
    image,
    iommu,
    memory,
    peak,
    pipeline,
    port,
    raw_port,
    refusal,
    ways_out,
)


def works(platform: Platform, question: Pipeline, path: str, value: Any) -> bool:
    """Whether the question is solvable with the value at this path of the pipeline or the profile."""
    if path.startswith("buffers."):
        question = changed(question, path, value)
    else:
        platform = changed(platform, path, value)
    return not isinstance(solve(platform, [question]), Infeasible)


def pages(count: Any, **facts: Any) -> Pipeline:
    return pipeline(frame=buffer(size="32x32", count=count, **facts))


def pool(size: Any, **facts: Any) -> Platform:
    return board(memory={"cma": memory(size, inside="dram", **facts)}, heaps={"cma": heap("cma")})


def test_every_generator_has_a_test_here() -> None:
    assert [generator.__name__ for _, generator in GENERATORS] == [
        "memory_sizes",
        "counts",
        "formats",
        "widths",
        "invitations",
        "withdrawals",
        "apertures",
        "resources",
        "heap_limits",
        "firewalls",
        "protected_ports",
        "iommus",
        "allowed",
        "edges",
    ]


@pytest.mark.parametrize(
    ("low", "high", "step", "from_", "found"),
    [
        (0, 100, 1, 1, 1),
        (0, 100, 1, 37, 37),
        (0, 100, 1, 100, 100),
        (0, 100, 1, 101, None),
        (10, 100, 8, 17, 24),
        (10, 100, 8, 97, None),  # 96 is the last multiple within 100
        (16, 16, 4, 1, None),
        (4096, 1 << 46, 4096, (1 << 45) + 1, (1 << 45) + 4096),
    ],
)
def test_the_least_number_is_found_by_bisection(
    low: int, high: int, step: int, from_: int, found: int | None
) -> None:
    assert least(low, high, step, lambda number: number >= from_) == found


def test_memory_sizes_one_page_less_is_not_enough() -> None:
    platform = pool("16KiB")
    answer = refusal(platform, pages(5))
    assert answer.remedies[0].text == "enlarge cma to 20 KiB (memory.cma.size, now 16 KiB)"
    assert works(platform, pages(5), "memory.cma.size", 20 * KIB)
    assert not works(platform, pages(5), "memory.cma.size", 20 * KIB - 4096)


def test_memory_sizes_round_to_what_the_board_can_configure() -> None:
    assert ways_out(refusal(pool("16KiB", step="16KiB"), pages(5)))["memory.cma.size"] == 32 * KIB


def test_memory_sizes_never_exceed_what_is_around() -> None:
    platform = board(
        memory={"ddr": memory("32KiB", base="4GiB"), "cma": memory("16KiB", inside="ddr")},
        heaps={"cma": heap("cma")},
    )
    assert ways_out(refusal(platform, pages(8)))["memory.cma.size"] == 32 * KIB
    assert "memory.cma.size" not in ways_out(refusal(platform, pages(9)))


def test_memory_sizes_leave_memory_at_its_place() -> None:
    # From 4 GiB + 16 KiB there are 16 KiB to the end of the bank.
    platform = board(
        memory={
            "ddr": memory("32KiB", base="4GiB"),
            "cma": memory("8KiB", inside="ddr", base=(4 << 30) + 16 * KIB),
        },
        heaps={"cma": heap("cma")},
    )
    assert ways_out(refusal(platform, pages(4)))["memory.cma.size"] == 16 * KIB
    assert "memory.cma.size" not in ways_out(refusal(platform, pages(5)))


def test_memory_sizes_end_where_the_next_memory_starts() -> None:
    # `tz` lies 16 KiB behind the start of `cma`.
    platform = board(
        memory={
            "ddr": memory("64KiB", base="4GiB"),
            "cma": memory("8KiB", inside="ddr", base=4 << 30),
            "tz": memory("4KiB", inside="ddr", base=(4 << 30) + 16 * KIB),
        },
        heaps={"cma": heap("cma"), "tz": heap("tz")},
    )
    pins = ["frame:heap=cma"]
    assert ways_out(refusal(platform, pages(4), pins=pins))["memory.cma.size"] == 16 * KIB
    assert "memory.cma.size" not in ways_out(refusal(platform, pages(5), pins=pins))


def test_memory_sizes_offer_each_bank_of_a_heap() -> None:
    platform = board(
        memory={"low": memory("8KiB", base="4GiB"), "high": memory("8KiB", base="5GiB")},
        heaps={"any": heap("low", "high")},
    )
    found = ways_out(refusal(platform, pages(5)))
    assert (found["memory.low.size"], found["memory.high.size"]) == (12 * KIB, 12 * KIB)


def test_memory_sizes_do_not_touch_a_range() -> None:
    assert "memory.cma.size" not in ways_out(refusal(pool("16KiB..32KiB"), pages(5)))


def test_counts_one_buffer_more_is_too_many() -> None:
    platform = pool("16KiB")
    answer = refusal(platform, pages(7))
    assert ways_out(answer)["buffers.frame.count"] == 4
    assert [r.text for r in answer.remedies if r.change == "buffers.frame.count"] == [
        "use 4 buffers for frame (buffers.frame.count, now 7)"
    ]
    assert works(platform, pages(7), "buffers.frame.count", 4)
    assert not works(platform, pages(7), "buffers.frame.count", 5)


def test_counts_find_a_number_far_below() -> None:
    assert ways_out(refusal(pool("16KiB"), pages(400)))["buffers.frame.count"] == 4
    assert ways_out(refusal(pool("1200KiB"), pages(4000)))["buffers.frame.count"] == 300


def test_counts_are_raised_to_what_ports_hold() -> None:
    platform = board(devices={"panel": device("display", scanout=port(holds=5))})
    assert ways_out(refusal(platform, pages(3))) == {"buffers.frame.count": 6}
    assert not works(platform, pages(3), "buffers.frame.count", 5)


def test_counts_are_raised_no_further_than_any_device_needs() -> None:
    # The preferred panel holds 5, the other 3: 4 buffers are enough.
    both = port(image("XR24", "NV12"))
    platform = board(
        devices={
            "camera": device("camera", capture=both),
            "panel": device("display", scanout=port(image("XR24"), holds=5)),
            "panel2": device("display", scanout=port(image("NV12"), holds=3)),
        }
    )
    question = pages(3, formats=["XR24", "NV12"])
    assert ways_out(refusal(platform, question))["buffers.frame.count"] == 4
    assert works(platform, question, "buffers.frame.count", 4)


def test_counts_of_a_wish_are_its_least() -> None:
    answer = refusal(pool("16KiB"), pages({"min": 6, "wish": 8}))
    assert ways_out(answer)["buffers.frame.count.min"] == 4


def test_counts_below_what_ports_hold_are_no_way_out() -> None:
    platform = board(
        memory={"cma": memory("16KiB", inside="dram")},
        heaps={"cma": heap("cma")},
        devices={"panel": device("display", scanout=port(holds=5))},
    )
    assert list(ways_out(refusal(platform, pages(7)))) == ["memory.cma.size"]


def test_counts_name_the_file_where_several_are_solved() -> None:
    answer = refusal(pool("24KiB"), pages(4), pipeline("other", film=buffer(size="32x32", count=4)))
    found = ways_out(answer)
    assert (found["test:buffers.frame.count"], found["other:buffers.film.count"]) == (2, 2)


def test_formats_that_all_ports_share() -> None:
    both = port(image("NV12", "XR24"))
    platform = board(
        devices={"camera": device("camera", capture=both), "panel": device("display", scanout=both)}
    )
    question = pipeline(frame=buffer(formats=["RG16"]))
    answer = refusal(platform, question)
    assert ways_out(answer) == {"buffers.frame.formats": ["RG16", "NV12"]}
    assert answer.remedies[0].text == "allow format NV12 for frame (buffers.frame.formats, now RG16)"
    assert works(platform, question, "buffers.frame.formats", ["RG16", "NV12"])


def test_a_smaller_format_where_memory_is_short() -> None:
    both = port(image("NV12", "XR24"))
    platform = board(
        memory={"cma": memory("16KiB", inside="dram")},
        heaps={"cma": heap("cma")},
        devices={"camera": device("camera", capture=both), "panel": device("display", scanout=both)},
    )
    question = pipeline(frame=buffer(size="64x64", count=2, formats=["XR24"]))
    assert ways_out(refusal(platform, question))["buffers.frame.formats"] == ["XR24", "NV12"]


def test_widths_whose_rows_suit_everybody() -> None:
    # 100 × 4 = 400 is no multiple of 64; 112 × 4 = 448 is (100 to 16 is 112).
    platform = board(
        devices={
            "camera": device("camera", capture=port(image(stride={"fixed": True}))),
            "panel": device("display", scanout=port(image(stride={"multiple": 64}))),
        }
    )
    question = pipeline(frame=buffer(size="100x100"))
    answer = refusal(platform, question)
    assert ways_out(answer) == {"buffers.frame.size": "112x100"}
    assert answer.remedies[0].text == "use 112x100 for frame (buffers.frame.size, now 100x100)"
    assert works(platform, question, "buffers.frame.size", "112x100")


def test_heights_that_suit_everybody() -> None:
    # Chroma after 1080 or 1088 rows: at 1088 both agree.
    def implying(rows: int) -> Any:
        return port(image("NV12", implied_offset={"rows": {"multiple": rows}}))

    platform = board(
        devices={
            "camera": device("camera", capture=implying(16)),
            "panel": device("display", scanout=implying(1)),
        }
    )
    assert ways_out(refusal(platform, pipeline(frame=buffer(size="1920x1080")))) == {
        "buffers.frame.size": "1920x1088"
    }


def test_apertures_one_page_less_is_not_enough() -> None:
    platform = board(
        iommus={"mmu0": iommu(aperture={"base": "1MiB", "size": "8KiB"})},
        devices={"panel": device("display", dma={"iommu": "mmu0"}, scanout=port())},
    )
    answer = refusal(platform, pages(5))
    assert ways_out(answer)["iommus.mmu0.aperture.size"] == 20 * KIB
    assert answer.remedies[1].text == (
        "widen the aperture of mmu0 to 20 KiB (iommus.mmu0.aperture.size, now 8 KiB)"
    )
    assert works(platform, pages(5), "iommus.mmu0.aperture.size", 20 * KIB)
    assert not works(platform, pages(5), "iommus.mmu0.aperture.size", 20 * KIB - 4096)


def test_an_aperture_of_the_device_itself_is_hardware() -> None:
    own = device("display", dma={"mmu": True, "aperture": {"size": "12KiB"}}, scanout=port())
    assert list(ways_out(refusal(board(devices={"panel": own}), pages(5)))) == ["buffers.frame.count"]


def test_resources_one_less_is_not_enough() -> None:
    platform = board(
        resources={"plane": 1}, devices={"panel": device("display", scanout=port(uses={"plane": 2}))}
    )
    question = pipeline(a=buffer(), b=buffer())
    answer = refusal(platform, question)
    assert ways_out(answer) == {"resources.plane": 4}
    assert answer.remedies[0].text == "have 4 plane (resources.plane, now 1)"
    assert works(platform, question, "resources.plane", 4)
    assert not works(platform, question, "resources.plane", 3)


def test_bandwidth_one_byte_less_is_not_enough() -> None:
    platform = board(memory={"ddr": memory(base="4GiB", bandwidth=peak(1000))}, heaps={"ddr": heap("ddr")})
    answer = refusal(platform, pages(2))
    assert ways_out(answer) == {"memory.ddr.bandwidth.peak": 2 * 60 * 4096}
    assert answer.remedies[0].text == "have 491520 bytes/s of ddr (memory.ddr.bandwidth.peak, now 1000)"
    assert not works(platform, pages(2), "memory.ddr.bandwidth.peak", 2 * 60 * 4096 - 1)


def test_heap_limits_one_less_is_not_enough() -> None:
    platform = board(heaps={"udmabuf": heap("dram", largest="8KiB", buffers=3)})
    large = pipeline(frame=buffer(bytes=20000, count=2))
    answer = refusal(platform, large)
    assert ways_out(answer) == {"heaps.udmabuf.largest": 20480}
    assert answer.remedies[0].text == "raise largest of udmabuf to 20480 (heaps.udmabuf.largest, now 8192)"
    assert not works(platform, large, "heaps.udmabuf.largest", 20479)
    many = pipeline(frame=buffer(bytes=4096, count=6))
    assert ways_out(refusal(platform, many)) == {"heaps.udmabuf.buffers": 6, "buffers.frame.count": 3}
    assert not works(platform, many, "heaps.udmabuf.buffers", 5)


def test_firewalls_admit_the_stranger() -> None:
    allowed = port(protected="allowed")
    platform = board(
        memory={name: memory("1MiB", inside="dram") for name in ("a", "b")},
        heaps={
            "a-tz": heap("a", cpu="none", access=["panel"]),
            "b-tz": heap("b", cpu="none", access=["camera"]),
            "system": heap("dram"),
        },
        devices={"camera": device("camera", capture=allowed), "panel": device("display", scanout=allowed)},
    )
    question = pipeline(frame=buffer(protected=True))
    answer = refusal(platform, question)
    assert ways_out(answer) == {
        "heaps.a-tz.access": ["panel", "camera"],
        "heaps.b-tz.access": ["camera", "panel"],
    }
    assert answer.remedies[0].text == "admit camera behind the firewall of a-tz (heaps.a-tz.access)"
    assert works(platform, question, "heaps.a-tz.access", ["panel", "camera"])


def test_protected_ports_take_what_they_refused() -> None:
    platform = board(
        heaps={"tz": heap("dram", cpu="none", access=["camera", "panel"])},
        devices={"camera": device("camera", capture=port(protected="allowed"))},
    )
    question = pipeline(frame=buffer(protected=True))
    answer = refusal(platform, question)
    assert answer.remedies[0].text == (
        "have panel.scanout take protected buffers such as frame (devices.panel.ports.scanout.protected, now refused)"
    )
    assert works(platform, question, "devices.panel.ports.scanout.protected", "allowed")


def lent() -> Platform:
    """A firewall per buffer that admits everybody."""
    allowed = port(protected="allowed")
    devices = {
        "decoder": device("video-decoder", frame=allowed),
        "gpu": device("gpu", sample=allowed, render=allowed),
        "npu": device("npu", input=allowed),
        "panel": device("display", scanout=allowed),
    }
    access = ["decoder", "gpu", "npu", "panel"]
    return board(heaps={"tz": heap("tz", cpu="none", access=access, firewall="per-buffer")}, devices=devices)


def composed(canvas: Any, film: tuple[str, ...] = ("video-decoder", "gpu"), **facts_of: Any) -> Pipeline:
    return pipeline(
        film=buffer(written_by="video-decoder.frame", read_by="gpu.sample", protected={"audience": [*film]}),
        canvas=buffer(written_by="gpu.render", protected=canvas, **facts_of),
    )


@pytest.mark.parametrize("mark", [False, True, {"audience": ["gpu", "display", "npu"]}])
def test_invitations_name_everybody_who_may_see_what_is_made_of_it(mark: Any) -> None:
    platform, question = lent(), composed(mark, read_by=["display.scanout", "npu.input"])
    answer = refusal(platform, question)
    everybody = ["video-decoder", "gpu", "display", "npu"]
    assert ways_out(answer) == {"buffers.film.protected.audience": everybody}
    assert answer.remedies[0].text == (
        "admit display, npu to the audience of film (buffers.film.protected.audience, now video-decoder, gpu)"
    )
    assert works(platform, question, "buffers.film.protected.audience", everybody)
    for left_out in ("display", "npu"):
        fewer = [kind for kind in everybody if kind != left_out]
        assert not works(platform, question, "buffers.film.protected.audience", fewer)


def test_invitations_name_a_connector_where_the_file_does() -> None:
    platform = changed(lent(), "devices.panel.connectors", ["HDMI-A-1"])
    question = composed({"audience": ["gpu", "display@HDMI-A-1"]}, read_by="display@HDMI-A-1.scanout")
    assert ways_out(refusal(platform, question)) == {
        "buffers.film.protected.audience": ["video-decoder", "gpu", "display@HDMI-A-1"]
    }


def test_withdrawals_leave_out_whoever_may_not_see_it() -> None:
    platform, question = lent(), composed({"audience": ["gpu", "npu"]}, read_by=[])
    answer = refusal(platform, question)
    assert ways_out(answer) == {
        "buffers.film.protected.audience": ["video-decoder", "gpu", "npu"],
        "buffers.canvas.protected.audience": ["gpu"],
    }
    assert answer.remedies[1].text == (
        "leave npu out of the audience of canvas (buffers.canvas.protected.audience, now gpu, npu)"
    )
    assert works(platform, question, "buffers.canvas.protected.audience", ["gpu"])


def test_a_firewall_that_admits_too_many_is_trusted_if_the_file_says_so() -> None:
    platform = changed(lent(), "heaps.tz.firewall", "static")
    question = pipeline(
        film=buffer(written_by="video-decoder.frame", protected={"audience": ["video-decoder", "display"]})
    )
    assert ways_out(refusal(platform, question)) == {
        "buffers.film.protected.audience": ["video-decoder", "display", "gpu", "npu"]
    }


def test_iommus_as_other_boards_have_them() -> None:
    platform = board(
        heaps={"system": heap("dram", run="4KiB")},
        devices={"panel": device("display", dma={}, scanout=port())},
    )
    question = pipeline(frame=buffer(size="64x64"))
    answer = refusal(platform, question)
    assert ways_out(answer) == {"devices.panel.dma.mmu": True}
    assert answer.remedies[0].text == (
        "put panel behind an IOMMU of its own, as other boards do (devices.panel.dma.mmu, now false)"
    )
    assert works(platform, question, "devices.panel.dma.mmu", True)


def test_an_iommu_does_not_mend_an_address_width() -> None:
    # Page tables of its own hold physical addresses of the same width.
    platform = board(
        memory={"high": memory(base="4GiB")},
        heaps={"high": heap("high")},
        devices={"panel": device("display", dma={"bits": 32}, scanout=port())},
    )
    assert ways_out(refusal(platform)) == {}


def test_a_device_behind_an_iommu_needs_no_other() -> None:
    platform = board(
        memory={"high": memory(base="4GiB")},
        heaps={"high": heap("high")},
        devices={"panel": device("display", dma={"bits": 32, "mmu": True}, scanout=port())},
    )
    assert ways_out(refusal(platform)) == {}


def test_what_the_board_lacks_has_no_way_out() -> None:
    assert ways_out(refusal(board(), pipeline(frame=buffer(read_by="gpu.sample")))) == {}


def test_a_buffer_that_is_helpless_is_not_asked_to_change() -> None:
    # `film` needs a device that is not there: fewer frames would not help.
    platform = pool("16KiB")
    question = pipeline(frame=buffer(size="32x32", count=5), film=buffer(read_by="gpu.sample"))
    assert ways_out(refusal(platform, question)) == {}


def test_ways_out_keep_what_is_pinned_and_live() -> None:
    platform = board(
        memory={"cma": memory("16KiB", inside="dram")}, heaps={"cma": heap("cma"), "system": heap("dram")}
    )
    answer = refusal(platform, pages(5), pins=["frame:heap=cma"])
    assert ways_out(answer) == {"memory.cma.size": 20 * KIB, "buffers.frame.count": 4}


def test_the_cheapest_comes_first() -> None:
    answer = refusal(pool("16KiB"), pages(5))
    assert [(r.rank, r.change) for r in answer.remedies] == [
        (1, "memory.cma.size"),
        (2, "buffers.frame.count"),
    ]


def test_raw_data_has_no_width_to_change() -> None:
    platform = board(devices={"panel": device("display", scanout=raw_port(bytes={"max": 64}))})
    assert ways_out(refusal(platform, pipeline(frame=buffer(bytes=65)))) == {}
