"""The closed vocabularies of the field: kinds of device and their ports.

Source: design §2; the names are the classes under which Linux groups drivers
(V4L2, DRM/KMS, accel, IIO, TEE, RDMA).
"""

from __future__ import annotations

from typing import Final, Literal, get_args

Access = Literal["read", "write"]
Kind = Literal[
    "cpu",
    "gpu",
    "display",
    "camera",
    "isp",
    "video-decoder",
    "video-encoder",
    "jpeg-codec",
    "2d",
    "crypto",
    "npu",
    "dsp",
    "nic",
    "fpga",
    "adc",
    "dac",
    "tee",
]
KINDS: Final[tuple[str, ...]] = get_args(Kind)

PORTS: Final[dict[str, dict[str, Access]]] = {
    "cpu": {"read": "read", "write": "write"},
    "gpu": {"sample": "read", "render": "write"},
    "display": {"scanout": "read", "cursor": "read", "writeback": "write"},
    "camera": {"capture": "write"},
    "isp": {"input": "read", "output": "write"},
    "video-decoder": {"bitstream": "read", "frame": "write"},
    "video-encoder": {"frame": "read", "bitstream": "write"},
    "jpeg-codec": {"source": "read", "target": "write"},
    "2d": {"source": "read", "target": "write"},
    "crypto": {"source": "read", "target": "write"},
    "npu": {"input": "read", "output": "write"},
    "dsp": {"input": "read", "output": "write"},
    "nic": {"send": "read", "receive": "write"},
    "fpga": {"read": "read", "write": "write"},
    "adc": {"capture": "write"},
    "dac": {"play": "read"},
    "tee": {"register": "read"},
}
"""kind → port → how the device touches the buffer there."""

PLANES: Final = frozenset({("display", "scanout"), ("display", "cursor")})
"""Ports of which a device has few: planes. Of the other ports there is no limit where none is stated."""

Via = Literal["dma-heap", "drm", "v4l2", "udmabuf", "tee", "rdma", "vendor"]
CpuMap = Literal["cached", "write-combined", "uncached", "none"]
MemoryType = Literal["ddr3", "lpddr3", "ddr4", "lpddr4", "ddr5", "lpddr5", "gddr5", "gddr6", "other"]
"""What a memory is made of; voltages (DDR3L, LPDDR4X) make no type of their own."""
LinkType = Literal["pci", "pcie", "usb"]
"""How a card or an adapter is connected."""
