"""Questions about one plane of a shipped board, answered by the solver and by the simulator's judge."""

from __future__ import annotations

from functools import cache
from typing import Any

from heapwright.allocator.judge.judge import judge
from heapwright.platforms.schema import Device, ExtentRule, ImageRule, Platform, Port, When
from heapwright.solver.question.pipeline import Pipeline
from tests.answered import answered
from tests.examples import board as shipped
from tests.unit.displays.by_source import Shown

ANGLES = (0, 90, 180, 270)


@cache
def painted(board: str) -> Platform:
    """A board whose GPUs render whatever its displays show, so that the display alone decides."""
    platform = shipped(board)
    wanted = {
        (rule.formats, rule.modifiers): ImageRule(formats=rule.formats, modifiers=rule.modifiers)
        for device in platform.devices.values()
        if device.kind == "display"
        for port in device.ports.values()
        for rule in port.images
    }
    images = tuple(wanted.values())
    return with_devices(
        platform,
        {
            name: with_images(device, "render", images)
            for name, device in platform.devices.items()
            if device.kind == "gpu" and "render" in device.ports
        },
    )


@cache
def lenient(board: str) -> Platform:
    """The same board with displays that take any size at any angle: what is planned on it the true one judges."""
    platform = painted(board)
    anyhow = {"when": When(rotate=ANGLES), "extent": ExtentRule()}
    return with_devices(
        platform,
        {
            name: with_images(
                device,
                "scanout",
                tuple(rule.model_copy(update=anyhow) for rule in device.ports["scanout"].images),
            )
            for name, device in platform.devices.items()
            if device.kind == "display"
        },
    )


def with_devices(platform: Platform, devices: dict[str, Device]) -> Platform:
    return platform.model_copy(update={"devices": {**platform.devices, **devices}})


def with_images(device: Device, port: str, images: tuple[ImageRule, ...]) -> Device:
    changed: Port = device.ports[port].model_copy(update={"images": images})
    return device.model_copy(update={"ports": {**device.ports, port: changed}})


def question(shown: Shown, writer: str = "gpu.render", reader: str = "display.scanout") -> Pipeline:
    use: dict[str, Any] = {"port": reader, "rotate": shown.angle}
    if shown.scaled:
        use["scale"] = "1024x768"
    frame = {
        "size": f"{shown.width}x{shown.height}", "formats": [shown.fourcc], "modifiers": [shown.modifier],
        "written_by": writer, "read_by": [use],
    }  # fmt: skip
    return Pipeline.model_validate(
        {
            "schema": "heapwright/pipeline/1",
            "name": "one-plane",
            "conversions": "forbid",
            "buffers": {"frame": frame},
        }
    )


def solved(board: str, shown: Shown) -> bool:
    """Whether the solver has the picture shown."""
    return answered(painted(board), [question(shown)]) is not None


def judged(board: str, shown: Shown) -> bool:
    """Whether the judge lets the picture be shown, in the layout that a display without limits would get."""
    asked = question(shown)
    made = answered(lenient(board), [asked])
    return made is not None and not judge(painted(board), [asked], made)
