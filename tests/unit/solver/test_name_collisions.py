"""What is easily taken for something else: things of one name, signs in names, one label at two
connectors, an alternative for what is chosen, memory nobody knows for memory within reach."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright import solve
from heapwright.platforms.errors import InputError
from heapwright.platforms.schema import Device, Platform
from tests.builders import (
    board,
    buffer,
    changed,
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
    refusal,
    said,
)

MIB = 1 << 20


@pytest.mark.parametrize("name", ["mmu0", "panel"])
def test_an_iommu_may_be_called_like_its_device(name: str) -> None:
    # Both have an aperture of 24 MiB, in which each maps two buffers of 5 MiB once, on multiples of 8 MiB but 0.
    span = {"base": 0, "size": "24MiB"}
    platform = board(
        iommus={name: iommu(aperture=span)},
        devices={"panel": device("display", dma={"iommu": name, "aperture": span}, scanout=port())},
    )
    once = pipeline(frame=buffer(bytes=5 * MIB, count=2, written_by="camera.capture"))
    assert placed(platform, once).count == 2


def test_a_plus_in_a_name_joins_nothing() -> None:
    platform = board(memory={"lo+hi": memory("8KiB", base="4GiB")}, heaps={"it": heap("lo+hi")})
    answer = refusal(platform, pipeline(frame=buffer(size="32x32", count=3)))
    assert said(answer, "capacity") == "3 × frame need 12 KiB of lo+hi, which has 8 KiB free"


def two_displays() -> Platform:
    return board(
        devices={
            "left": device("display", connectors=["A"], scanout=port()),
            "right": device("display", connectors=["B"], scanout=port()),
            "both": device("display", connectors=["A", "B"], scanout=port()),
        }
    )


def test_a_label_is_one_device_at_all_its_connectors() -> None:
    shown = pipeline(frame=buffer(read_by=["display#2@A.scanout", "display#2@B.scanout"]))
    assert [each.device for each in placed(two_displays(), shown).attachments] == ["camera", "both", "both"]
    apart = pipeline(frame=buffer(read_by=["display@A.scanout", "display@B.scanout"]))
    platform = changed(two_displays(), "devices.both.connectors", ["C"])
    assert [each.device for each in placed(platform, apart).attachments] == ["camera", "left", "right"]
    assert ("missing-device", "display.scanout") in facts(refusal(platform, shown))


def test_the_codec_of_an_alternative_is_asked_of_nobody_else() -> None:
    platform = board(
        devices={"encoder": device("video-encoder", codecs=["hevc"], frame=port())},
    )
    coded: dict[str, Any] = {"port": "video-encoder.frame", "codec": "h264"}
    question = pipeline(
        shown=buffer(read_by=[{"any_of": ["display.scanout", coded]}]),
        coded=buffer(read_by="video-encoder.frame"),
    )
    found = {p.buffer: p.attachments[-1].device for p in plan(platform, question).placements}
    assert found == {"shown": "panel", "coded": "encoder"}


def test_a_bus_window_reaches_no_memory_that_nobody_knows() -> None:
    window = {"window": {"base": 0, "size": "32MiB"}}
    platform = board(
        heaps={"own": heap("dram") | {"memory": "unknown"}},
        devices={"panel": device("display", dma=window, scanout=port())},
    )
    assert ("address-reach", "frame→panel") in facts(refusal(platform))


def test_planes_in_two_banks_come_from_no_heap() -> None:
    banks = {"dmabufs": [2], "banks": ["l", "r"]}
    parts = {name: memory("8MiB", inside="dram") for name in ("l", "r")}

    def camera(**rule: Any) -> Platform:
        takes = port(image("NV12", dmabufs=[2]))
        return board(
            memory=parts,
            devices={
                "camera": device("camera", capture=port(image("NV12", **rule))),
                "panel": device("display", scanout=takes),
            },
        )

    assert placed(camera(dmabufs=[2])).format == "NV12"
    answer = refusal(camera(**banks))
    assert ("plane-buffers", "frame→camera") in facts(answer)
    assert said(answer, "plane-buffers") == (
        "camera.capture wants the planes of frame in l and r, and all come from one heap"
    )
    with pytest.raises(InputError, match="two different memories"):
        camera(dmabufs=[2], banks=["l"])


def test_a_converter_that_is_missing_can_be_added_where_the_way_out_says() -> None:
    camera = device("camera", capture=port(image("NV12")))
    platform = board(devices={"camera": camera, "converter": device("tee", register=port())})
    question = pipeline(frame=buffer(conversions="allow"))
    answer = refusal(platform, question)
    [added] = [remedy for remedy in answer.remedies if remedy.change.startswith("devices.converter")]
    assert added.change == "devices.converter2"
    devices = {**platform.devices, "converter2": Device.model_validate(added.to)}
    assert solve(platform.model_copy(update={"devices": devices}), [question]).status == "optimal"
    ways = [(remedy.change, str(remedy.to)) for remedy in answer.remedies]
    assert len(ways) == len(set(ways))
