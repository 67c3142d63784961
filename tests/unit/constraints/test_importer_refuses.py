"""importer-refuses: some drivers import nothing, or only from some exporters."""

from __future__ import annotations

from typing import Any

import pytest

from heapwright.platforms.schema import Platform
from tests.builders import board, buffer, device, facts, heap, pipeline, placed, port, raw_port, refusal, said


def importing(imports: Any = "any", heap_facts: dict[str, Any] | None = None, **port_facts: Any) -> Platform:
    return board(
        heaps={"system": heap("dram", **(heap_facts or {}))},
        devices={"panel": device("display", imports=imports, scanout=port(**port_facts))},
    )


def test_most_import_from_anybody() -> None:
    assert placed(importing()).heap == "system"


def test_a_device_that_imports_nothing_takes_only_what_it_exports() -> None:
    # virtio-gpu without blob resources: linux-7.2.13:drivers/gpu/drm/virtio/virtgpu_prime.c
    # virtgpu_gem_prime_import_sg_table() (-ENODEV).
    answer = refusal(importing("none"))
    assert facts(answer) == [("importer-refuses", "frame→panel")]
    assert said(answer, "importer-refuses") == "panel imports its own buffers only, and not frame from system"
    assert placed(importing("none", {"exporter": "panel"})).heap == "system"


def test_an_ability_nobody_knows_counts_as_none() -> None:
    assert facts(refusal(importing("unknown"))) == [("importer-refuses", "frame→panel")]


def test_a_device_may_import_from_some_heaps() -> None:
    def two(*listed: str) -> Platform:
        heaps = {"a-heap": heap("dram"), "b-heap": heap("dram")}
        return board(heaps=heaps, devices={"panel": device("display", imports=list(listed), scanout=port())})

    assert placed(two("b-heap")).heap == "b-heap"
    answer = refusal(two("b-heap"), pins=["frame:heap=a-heap"])
    assert (
        said(answer, "importer-refuses") == "panel imports buffers of b-heap only, and not frame from a-heap"
    )


def test_a_port_may_take_from_some_heaps() -> None:
    answer = refusal(
        board(
            heaps={"other": heap("dram"), "system": heap("dram")},
            devices={"panel": device("display", scanout=port(takes_from=["other"]))},
        ),
        pins=["frame:heap=system"],
    )
    assert (
        said(answer, "importer-refuses")
        == "panel.scanout takes buffers of other only, and not frame from system"
    )
    assert placed(importing(takes_from=["system"])).heap == "system"


def test_what_a_port_takes_from_is_unknown() -> None:
    assert facts(refusal(importing(takes_from="unknown"))) == [("importer-refuses", "frame→panel")]
    assert placed(importing(takes_from="unknown", heap_facts={"exporter": "panel"})).heap == "system"


@pytest.mark.parametrize(
    ("p2p", "taken"), [("none", False), ("unknown", False), ("static", True), ("dynamic", True)]
)
def test_some_exporters_want_peer_to_peer_importers(p2p: str, taken: bool) -> None:
    # linux-7.2.13:drivers/vfio/pci/vfio_pci_dmabuf.c vfio_pci_dma_buf_attach().
    platform = board(
        heaps={"bar": heap("dram", requires_p2p=True, exporter="camera")},
        devices={"panel": device("display", dma={"mmu": True, "p2p": p2p}, scanout=port())},
    )
    if taken:
        assert placed(platform).heap == "bar"
        return
    answer = refusal(platform)
    assert facts(answer) == [("importer-refuses", "frame→panel")]
    assert (
        said(answer, "importer-refuses")
        == "bar exports frame to peer-to-peer importers only, and panel is none"
    )


def test_the_cpu_is_no_importer() -> None:
    platform = board(
        heaps={"bar": heap("dram", requires_p2p=True, exporter="camera")},
        devices={"cpu": device("cpu", read=raw_port())},
    )
    assert placed(platform, pipeline(frame=buffer(bytes=4096, read_by="cpu.read"))).heap == "bar"
