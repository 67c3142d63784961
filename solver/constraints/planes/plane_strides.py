"""The strides of planes hang together in the device's registers.

One register for all planes (`equal`), or chroma at half of luma (`halved`), with
the stride's multiple kept by each plane on its own.

Source: linux-7.2.13:drivers/media/platform/nxp/imx8-isi/imx8-isi-video.c
mxc_isi_format_try() (equal); drivers/media/platform/raspberrypi/pisp_be/pisp_be_formats.h
(luma 128 so that chroma is 64-aligned).

Example:
    devices.camera.ports.capture.images[0]: {formats: [YU12], stride: {planes: halved}}
    devices.panel.ports.scanout.images[0].formats: [YU12]
    devices.panel.ports.scanout.images[0].stride.planes: {violates: equal, passes: halved}
"""

from heapwright.solver.constraints.kind import ConstraintKind, stated
from heapwright.solver.layout.layout import Demand


def _asks(need: Demand, planes: str) -> None:
    if planes == "equal":
        need.equal = True
    else:
        need.halved += (1,)


def _words(label: str, title: str, planes: str) -> str:
    how = "one stride for all planes" if planes == "equal" else "chroma strides of half the luma stride"
    return f"{title} has {how} of {label}"


KIND = ConstraintKind(
    name="plane-strides", scope="layout", reads=("rule.stride.planes",), rule=stated, asks=_asks, words=_words
)
