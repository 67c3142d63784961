"""V4L2 nodes as devices: what kind each is, and what its queues accept.

A node that only captures is a camera, one that only puts out is a display; of nodes
that do both, the compressed side tells a decoder from an encoder, and where neither is
compressed the node is a converter (`2d`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from heapwright.platforms.fourcc.formats import pixel_format
from heapwright.platforms.fourcc.modifiers import LINEAR
from heapwright.platforms.fourcc.videodev import is_bayer
from heapwright.platforms.importers.devices import Found, common, device_source, identity
from heapwright.platforms.importers.exporting import Exporting
from heapwright.platforms.importers.naming import name_for
from heapwright.platforms.importers.records import (
    Entry,
    QueueRecord,
    Sizes,
    Strides,
    TreeDevice,
    Video,
    VideoFormat,
)
from heapwright.platforms.knowledge.drivers import DriverFacts, driver_facts, drivers
from heapwright.platforms.knowledge.recognition import told
from heapwright.platforms.values import UNKNOWN

CODECS: Final = {
    "H264": "h264", "AVC1": "h264", "S264": "h264", "HEVC": "hevc", "S265": "hevc", "VP80": "vp8", "VP8F": "vp8",
    "VP90": "vp9", "VP9F": "vp9", "AV1F": "av1", "AV01": "av1", "MPG1": "mpeg1", "MPG2": "mpeg2", "MG2S": "mpeg2",
    "MPG4": "mpeg4", "FWHT": "fwht", "SFWH": "fwht", "JPEG": "jpeg", "MJPG": "jpeg",
}  # fmt: skip
"""V4L2 codes of coded formats and the words of `codecs`: include/uapi/linux/videodev2.h V4L2_PIX_FMT_*."""


SIZES_OPTION: Final = {"capture": "v4l2-ctl --list-formats-ext", "output": "v4l2-ctl --list-formats-out-ext"}


class NodeRole(NamedTuple):
    """A kind of device, and its ports by direction of the queue."""

    kind: str
    ports: dict[str, str]


def role(video: Video) -> NodeRole | None:
    """What kind of device a node is; None where it handles no pictures."""
    sides = {queue.direction: queue for queue in video.queues if queue.formats}
    capture, output = sides.get("capture"), sides.get("output")
    if capture and not output:
        if not _raw(capture):
            return None
        inner = _is_processor(video.driver, "camera", seen=False)
        return NodeRole("isp", {"capture": "output"}) if inner else NodeRole("camera", {"capture": "capture"})
    if output and not capture:
        if not _raw(output):
            return None
        inner = _is_processor(video.driver, "display", seen=_reads_a_sensor(output))
        return NodeRole("isp", {"output": "input"}) if inner else NodeRole("display", {"output": "scanout"})
    if capture is None or output is None:
        return None
    if not _raw(capture) and not _raw(output):
        return None
    coded = {each.code for side in (capture, output) for each in side.formats if each.compressed}
    if coded and coded <= {"JPEG", "MJPG"}:
        return NodeRole("jpeg-codec", {"output": "source", "capture": "target"})
    if coded and not _raw(output):
        return NodeRole("video-decoder", {"output": "bitstream", "capture": "frame"})
    if coded and not _raw(capture):
        return NodeRole("video-encoder", {"output": "frame", "capture": "bitstream"})
    if not coded and _is_processor(video.driver, "2d", seen=_reads_a_sensor(output)):
        return NodeRole("isp", {"output": "input", "capture": "output"})
    return NodeRole("2d", {"output": "source", "capture": "target"})


def _reads_a_sensor(queue: QueueRecord) -> bool:
    """No display shows the samples of a sensor, and no converter mixes them: that is an ISP's work."""
    return any(is_bayer(each.code) for each in queue.formats)


def _is_processor(driver: str, otherwise: str, *, seen: bool) -> bool:
    """Whether a node is an ISP's: by what is known of its driver, else by what was seen of its formats.

    Virtual drivers move Bayer through converters and displays as well.
    """
    kinds = {each.kind for each in drivers() if driver in each.names}
    return "isp" in kinds and otherwise not in kinds if kinds else seen


def _raw(queue: QueueRecord) -> list[VideoFormat]:
    return [each for each in queue.formats if not each.compressed]


def device(
    video: Video, kernel: str | None, taken: dict[str, Entry], tree: Sequence[TreeDevice] = ()
) -> Found | None:
    """A node as a device of the profile; None where it handles no pictures."""
    what = role(video)
    if what is None:
        return None
    traits = {"userptr": any(queue.userptr for queue in video.queues)}
    known, match = driver_facts(
        identity(video.driver, video.hardware, tree, video.card), what.kind, kernel, traits
    )
    label = (
        video.name
        if video.driver.lower() in video.name.lower()
        else f"{video.driver}-{video.name or video.card}"
    )
    name = name_for(label, taken)
    note = told(match, f"{what.kind} {name} (driver {video.driver})") or ""
    entry = common(what.kind, video.driver, video.node, video.reach, known)
    if not any(queue.imports for queue in video.queues):
        entry["imports"] = "none"
    codecs = _codecs(video)
    if what.kind in ("video-decoder", "video-encoder") and codecs:
        entry["codecs"] = codecs
    coded = any(each.compressed for queue in video.queues for each in queue.formats)
    entry["ports"] = {
        what.ports[queue.direction]: _port(queue, coded, what.ports[queue.direction], known, video)
        for queue in video.queues
        if queue.formats
    }
    if known is not None and "converts" in known.device:
        entry["converts"] = _edges(known, entry["ports"])
    entry["source"] = device_source(video.source, known, note)
    exports = None
    if any(queue.mmap for queue in video.queues):
        kind = known.discover.get("queue") if known is not None else None
        coherent = entry["coherent"] is True
        exports = Exporting(
            name, "v4l2", f"queue-{kind}" if kind else None, None, coherent, f"{video.source}; VIDIOC_EXPBUF"
        )
    return Found(name, entry, exports, bool(known and known.discover.get("kernel_mapping")), note=note)


def left_out(video: Video) -> Iterator[str]:
    """Sentences on what a node did not tell, or told in words that DRM does not have."""
    if role(video) is None:
        codes = sorted({each.code for queue in video.queues for each in queue.formats})
        moves = (
            f"it moves {', '.join(codes)} alone, and what is coded comes from no port"
            if codes
            else "it tells no formats"
        )
        yield f"{video.name} (driver {video.driver}) is no device: {moves}"
    codes = sorted({each.code for queue in video.queues for each in _raw(queue) if each.fourcc is None})
    if codes:
        yield f"{video.name}: DRM has no formats for V4L2's {', '.join(codes)}"
    for queue in video.queues:
        unsized = sorted({each.code for each in _raw(queue) if each.fourcc is not None and not each.sizes})
        if unsized:
            yield (
                f"{video.name}: no sizes are told of its {queue.direction}'s {', '.join(unsized)}, so they are unknown"
                f" ({SIZES_OPTION[queue.direction]} lists them where the driver tells)"
            )


def _codecs(video: Video) -> list[str]:
    coded = [each.code for queue in video.queues for each in queue.formats if each.compressed]
    return sorted({CODECS.get(code, code.strip().lower()) for code in coded})


def _edges(known: DriverFacts, ports: dict[str, Any]) -> list[dict[str, Any]]:
    """Conversions along ports that were found, each citing as every other fact does."""
    return [
        {**edge, "source": f"driver-knowledge: {edge.get('source', known.device['source'])}"}
        for edge in known.device["converts"]
        if edge["from"] in ports and edge["to"] in ports
    ]


def _port(queue: QueueRecord, coded: bool, port: str, known: DriverFacts | None, video: Video) -> Entry:
    entry: Entry = {"access": "write" if queue.direction == "capture" else "read"}
    if known is not None:
        rules = known.device.get("ports", {}).get(port, {})
        entry |= {key: value for key, value in rules.items() if key not in ("access", "images", "source")}
    images = _images(queue, coded, _known_rules(known, port))
    if images:
        entry["images"] = images
    tried = ", VIDIOC_TRY_FMT" if any(each.strides is not None for each in queue.formats) else ""
    entry["source"] = f"{video.source}; VIDIOC_ENUM_FMT, VIDIOC_ENUM_FRAMESIZES{tried}"
    return entry


def _known_rules(known: DriverFacts | None, port: str) -> list[Entry]:
    """What the driver is known to ask of images at a port, each rule with its source."""
    if known is None or port not in known.device.get("ports", {}):
        return []
    stated = known.device["ports"][port]
    source = stated.get("source", known.device["source"])
    return [
        {**rule, "source": f"driver-knowledge: {rule.get('source', source)}"}
        for rule in stated.get("images", [])
        if "when" not in rule and len(rule.get("modifiers", [LINEAR])) == 1
    ]


def _images(queue: QueueRecord, coded: bool, known: list[Entry]) -> list[Entry]:
    """Image rules: formats that share everything but their name stand in one rule."""
    merged: dict[str, Entry] = {}
    for each in _raw(queue):
        form = pixel_format(each.fourcc) if each.fourcc is not None else None
        if form is None or each.fourcc is None:
            continue
        planes = len(form.planes)
        if each.buffers not in (1, planes):
            continue
        for sizes in each.sizes or (None,):
            rule = _rule(queue, each, sizes, coded, planes)
            if each.strides is None:
                rule = _completed(rule, each, known)
            held = merged.setdefault(repr(rule), {"formats": [], **rule})
            if each.fourcc not in held["formats"]:
                held["formats"].append(each.fourcc)
    return list(merged.values())


def _completed(rule: Entry, form: VideoFormat, known: list[Entry]) -> Entry:
    """A rule whose strides nobody tried, with what is known of the driver in their place."""
    fitting = [
        each
        for each in known
        if form.fourcc in each["formats"] and each.get("modifiers", [LINEAR]) == [form.modifier]
    ]
    if len(fitting) != 1 or form.buffers not in fitting[0].get("dmabufs", [1]):
        return rule
    told = {key: value for key, value in rule.items() if key not in ("stride", "implied_offset")}
    seen = ("formats", "modifiers", "dmabufs", *(("extent",) if form.sizes else ()))
    return told | {key: value for key, value in fitting[0].items() if key not in seen}


def _rule(queue: QueueRecord, form: VideoFormat, sizes: Sizes | None, coded: bool, planes: int) -> Entry:
    strides = form.strides
    rule: Entry = {} if form.modifier == LINEAR else {"modifiers": [form.modifier]}
    if sizes is None:
        rule |= {"extent": {"min": UNKNOWN, "max": UNKNOWN}, "stride": {"multiple": UNKNOWN}}
        return rule | _together(form, planes, UNKNOWN)
    extent: Entry = {"min": _size(sizes.least), "max": _size(sizes.most)}
    rule["extent"] = extent
    stepped = (max(1, sizes.step[0]), max(1, sizes.step[1]))
    if strides is None:
        rule["stride"] = {"multiple": "unknown"}
    elif strides.behaviour == "ignored":
        rule |= _settled(queue, strides, coded)
        if not coded:
            stepped = (max(stepped[0], strides.width_multiple), max(stepped[1], strides.rows_multiple))
            rule["stride"] = {"exact": {"width_multiple": 1}}
    else:
        stride: Entry = {"multiple": strides.multiple}
        if strides.most is not None:
            stride["max"] = strides.most
        rule["stride"] = stride
        if coded:
            rule |= _coded(queue, strides)
        else:
            stepped = (max(stepped[0], strides.width_multiple), max(stepped[1], strides.rows_multiple))
    if stepped != (1, 1) and sizes.least != sizes.most and not coded:
        extent["multiple"] = _size(stepped)
    rows = 1 if not coded else UNKNOWN if strides is None else strides.rows_multiple
    rule |= _together(form, planes, rows)
    return {key: value for key, value in rule.items() if value}


def _together(form: VideoFormat, planes: int, rows: int | str) -> Entry:
    """Where planes lie: in buffers of their own, or one behind the other at rows that only the driver knows."""
    if form.buffers > 1:
        return {"dmabufs": [form.buffers]}
    if planes == 1 or form.modifier != LINEAR:
        return {}
    return {"implied_offset": {"rows": {"multiple": rows}}}


def _settled(queue: QueueRecord, strides: Strides, coded: bool) -> Entry:
    """A codec that hears no stride rounds width and height to its blocks, and crops."""
    rule: Entry = {"stride": {"exact": {"width_multiple": strides.width_multiple}}}
    return rule | (_coded(queue, strides) if coded else {})


def _coded(queue: QueueRecord, strides: Strides) -> Entry:
    blocks = (strides.width_multiple, strides.rows_multiple)
    if queue.direction == "capture":
        return {"coded": {"multiple": _size(blocks)}} if blocks != (1, 1) else {}
    return {"minimum": {"rows_multiple": blocks[1]}} if blocks[1] > 1 else {}


def _size(pair: tuple[int, int]) -> str:
    return f"{pair[0]}x{pair[1]}"
