"""A profile of the machine that the tests boot, written by hand: what is known of it without asking."""

from pathlib import Path
from typing import Any

from heapwright.platforms.catalog import platform_from
from heapwright.platforms.schema import Platform
from tests.kernel.guest.devices import OUTPUT, card, vivid

SOURCE = "written by hand for tests"


def _heap(name: str, memory: str, **facts: Any) -> dict[str, Any]:
    return {
        "via": "dma-heap",
        "names": [name],
        "memory": [memory],
        "cpu": "cached",
        "source": SOURCE,
        **facts,
    }


def _port(access: str, formats: list[str], **facts: Any) -> dict[str, Any]:
    return {"access": access, "images": [{"formats": formats}], "source": SOURCE, **facts}


def document() -> dict[str, Any]:
    """2 GiB of memory with 160 MiB of CMA, a contiguous camera, a display, an output that copies, a processor."""
    whole = {"run": "whole", "align": {"by_size_up_to": 1 << 20}}
    formats = ["XR24"]
    return {
        "schema": "heapwright/platform/1",
        "name": "machine",
        "memory": {
            "ram": {"base": 0, "size": 2 << 30, "source": SOURCE},
            "cma": {"inside": "ram", "size": 160 << 20, "source": SOURCE},
            "vault": {"inside": "ram", "size": 8 << 20, "source": SOURCE},
        },
        "heaps": {
            "system": _heap("system", "ram", run=4096),
            "cma": _heap("default_cma_region", "cma", **whole),
            "vault": _heap("protected,secure-video", "vault", run="whole", cpu="none", access=["display"])
            | {"via": "tee", "firewall": "static"},
            "udmabuf": _heap("udmabuf", "ram", run=4096) | {"via": "udmabuf"},
        },
        "devices": {
            "cpu0": {
                "kind": "cpu", "dma": {"bits": 48, "mmu": True}, "coherent": True, "source": SOURCE,
                "ports": {"read": _port("read", formats), "write": _port("write", formats)},
            },
            "camera": {
                "kind": "camera", "driver": "vivid", "dma": {"bits": 32}, "coherent": True,
                "node": str(vivid(1)), "source": SOURCE, "ports": {"capture": _port("write", formats, holds=2)},
            },
            "display": {
                "kind": "display", "driver": "vkms", "by_cpu": True, "coherent": True,
                "node": _node("vkms"), "source": SOURCE,
                "ports": {"scanout": _port("read", formats, protected="allowed")},
            },
            "render": {
                "kind": "gpu", "driver": "vgem", "by_cpu": True, "coherent": True,
                "node": _node("vgem"), "source": SOURCE, "ports": {"sample": _port("read", formats)},
            },
            "output": {
                "kind": "display", "driver": "vivid", "by_cpu": True, "coherent": True,
                "node": str(vivid(0, OUTPUT)), "source": SOURCE,
                "ports": {"scanout": _port("read", formats, holds=2)},
            },
        },
    }  # fmt: skip


def _node(driver: str) -> str:
    try:
        return str(card(driver))
    except StopIteration:
        return str(Path("/dev/dri/card0"))


def machine(**changes: dict[str, Any]) -> Platform:
    """The profile, with fields of devices replaced by their names."""
    whole = document()
    for name, fields in changes.items():
        whole["devices"][name] |= fields
    return platform_from(whole)


def discovered() -> Platform:
    """What is found by asking, of the devices that the profile by hand has; heaps of others stay out."""
    from heapwright.api.cli.commands.discover import this_machine

    found, nodes = this_machine(), {each.get("node") for each in document()["devices"].values()}
    devices = {
        name: device for name, device in found.devices.items() if device.node in nodes or device.kind == "cpu"
    }
    heaps = {name: heap for name, heap in found.heaps.items() if heap.exporter is None}
    return found.model_copy(update={"devices": devices, "heaps": heaps})
