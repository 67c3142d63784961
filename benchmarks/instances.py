"""Random questions with the weight of real ones: boards, pipelines, tight capacities.

A pipeline is a handful of streams (a camera that is shown and recorded, a player,
a desktop, an assistant that sees), each one or several times. Memories are sized
by the bytes that the pipeline asks of them, times a draw: DRAM is roomy, pools of
contiguous memory are tight. So on most boards the best place of every buffer does
not fit together with the others, or does not share the memories evenly, and now and
then nothing fits at all. Everything is a pure function of the seed.

The draw is frozen: a test holds its hash. Change it for what real boards show, never
for what the solver makes of it, and say so in docs/benchmarks.md.
"""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple

from benchmarks.boards import MIB, TRAITS, Board, Json
from heapwright.platforms.schema import Platform
from heapwright.solver.question.pipeline import Pipeline

SIZES: Final = (4, 8, 16, 64, 256)
"""Buffers per instance."""
ROOM: Final = (0.75, 1.6)
"""Pools hold this many times what is asked of them."""
_SPARE: Final = (1.5, 4.0)
"""DRAM holds this many times more."""
_SECOND: Final = 0.4
"""The share of pipelines that name a second device of a kind (two cameras, two displays);
of the files in `examples/boards`, 1 of 82 does."""
_EXTENTS: Final = ("640x480", "1280x720", "1366x768", "1920x1080", "2560x1440", "3840x2160")
_BYTES_PER_PIXEL: Final = {"XR24": 4.0, "AR24": 4.0, "NV12": 1.5, "YUYV": 2.0, "P010": 3.0}

Stream = tuple[tuple[str, tuple[str, ...]], ...]
"""Buffers as (writer, readers); `a|b` is an alternative in order of preference."""
_STREAMS: Final[tuple[Stream, ...]] = (
    (("gpu.render", ("display.scanout",)),),
    (("gpu.render", ("display.scanout", "video-encoder.frame")), ("video-encoder.bitstream", ("nic.send",))),
    (("camera.capture", ("display.scanout|gpu.sample", "video-encoder.frame")), ("video-encoder.bitstream", ("cpu.read",))),
    (("camera.capture", ("isp.input",)), ("isp.output", ("display.scanout", "video-encoder.frame", "npu.input"))),
    (("camera.capture", ("gpu.sample", "cpu.read")), ("gpu.render", ("display.scanout",))),
    (("cpu.write", ("video-decoder.bitstream",)), ("video-decoder.frame", ("display.scanout|gpu.sample",))),
    (("nic.receive", ("video-decoder.bitstream",)), ("video-decoder.frame", ("2d.source",)), ("2d.target", ("display.scanout",))),
    (("camera.capture", ("npu.input", "cpu.read")), ("npu.output", ("cpu.read",))),
    (("camera.capture", ("dsp.input",)), ("dsp.output", ("video-encoder.frame",)), ("video-encoder.bitstream", ("crypto.source",))),
    (("nic.receive", ("crypto.source",)), ("crypto.target", ("video-decoder.bitstream",)), ("video-decoder.frame", ("display.scanout",))),
    (("camera.capture", ("jpeg-codec.source", "display.scanout")), ("jpeg-codec.target", ("cpu.read", "nic.send"))),
    (("cpu.write", ("gpu.sample",)), ("gpu.render", ("display.scanout", "npu.input"))),
)  # fmt: skip


class Instance(NamedTuple):
    """A question, and how it was drawn."""

    name: str
    platform: Platform
    pipelines: tuple[Pipeline, ...]
    buffers: int
    classes: int
    profile: Json
    """The platform as plain data."""
    streams: Json
    """The pipeline as plain data."""


def instance(seed: int, buffers: int) -> Instance:
    """A board of 4 to 16 heaps and 4 to 32 devices with a pipeline of `buffers` buffers."""
    random = Random(f"{seed}/{buffers}")
    board = Board(random, heaps=random.randint(4, 16), devices=random.randint(4, 32))
    classes = min(buffers, max(3, buffers // random.choice((1, 2, 4))))
    return _made(f"{buffers}-{seed}", random, board, buffers, classes, room=random.uniform(*ROOM))


def scaled(seed: int, buffers: int) -> Instance:
    """The same board for every number of buffers, with a quarter as many classes as buffers."""
    board = Board(Random(f"board/{seed}"), heaps=10, devices=16)
    random = Random(f"scaled/{seed}/{buffers}")
    return _made(f"scaled-{buffers}-{seed}", random, board, buffers, buffers // 4, room=1.25)


def impossible(seed: int, buffers: int) -> Instance:
    """As `instance`, in half the room."""
    random = Random(f"{seed}/{buffers}")
    board = Board(random, heaps=random.randint(4, 8), devices=random.randint(8, 16))
    return _made(f"impossible-{buffers}-{seed}", random, board, buffers, max(3, buffers // 2), room=0.4)


def _made(name: str, random: Random, board: Board, buffers: int, classes: int, room: float) -> Instance:
    drawn = _drawn(random, board, classes)
    files: dict[str, Json] = {}
    copies = Random(f"copies/{name}")
    for number in range(buffers):
        spec = drawn[number] if number < classes else copies.choice(drawn)
        files[f"b{number:03}"] = spec
    _furnish(random, board, files, room)
    profile = board.profile(name)
    streams = {"schema": "heapwright/pipeline/1", "name": "streams", "buffers": files}
    platform, pipeline = Platform.model_validate(profile), Pipeline.model_validate(streams)
    return Instance(name, platform, (pipeline,), buffers, classes, profile, streams)


def _drawn(random: Random, board: Board, classes: int) -> list[Json]:
    """`classes` different buffers, stream by stream."""
    found: list[Json] = []
    possible = [
        s for s in _STREAMS if all(_attachable(board, port) for edge in s for port in (edge[0], *edge[1]))
    ]
    second = 2 if random.random() < _SECOND else 1
    while len(found) < classes:
        extent, rate = random.choice(_EXTENTS), random.choice((15, 24, 30, 50, 60))
        labels = {
            kind: random.randrange(min(second, len(board.of_kind(kind))))
            for kind in TRAITS
            if board.of_kind(kind)
        }
        for writer, readers in random.choice(possible):
            made = _buffer(random, labels, writer, readers, extent, rate)
            if made is not None and made not in found:
                found.append(made)
    return found[:classes]


def _attachable(board: Board, ports: str) -> bool:
    return any(board.of_kind(port.partition(".")[0]) for port in ports.split("|"))


def _buffer(
    random: Random, labels: dict[str, int], writer: str, readers: tuple[str, ...], extent: str, rate: int
) -> Json | None:
    """One buffer of a stream, in formats that all its ports share."""
    parties = [[p for p in party.split("|") if p.partition(".")[0] in labels] for party in (writer, *readers)]
    formats: list[set[str]] = []
    for party in parties:
        kind, _, port = party[0].partition(".")
        if TRAITS[kind].ports[port]:
            formats.append(set(TRAITS[kind].ports[port]))
    named = [[_selector(labels, port) for port in party] for party in parties]
    made: Json = {
        "rate": rate,
        "written_by": named[0],
        "read_by": [party[0] if len(party) == 1 else {"any_of": party} for party in named[1:]],
    }
    if len(formats) < len(parties):
        return {**made, "bytes": random.choice((1, 2, 4)) * MIB, "count": random.choice((4, 6, 8))}
    shared = sorted(set.intersection(*formats))
    if not shared:
        return None
    random.shuffle(shared)
    made |= {"size": extent, "count": random.choice((4, 5, {"min": 4, "wish": random.choice((5, 6))}))}
    return {**made, "formats": shared} if random.random() < 0.7 else made


def _selector(labels: dict[str, int], port: str) -> str:
    kind, _, name = port.partition(".")
    return f"{kind}#2.{name}" if labels[kind] else port


def _furnish(random: Random, board: Board, buffers: dict[str, Json], room: float) -> None:
    """Size the memories by what will be asked of them."""
    asked = dict.fromkeys(("dram", *board.pools), 0)
    for spec in buffers.values():
        ports = [spec["written_by"][0], *spec["read_by"]]
        kinds = {
            (p["any_of"][0] if isinstance(p, dict) else p).partition(".")[0].partition("#")[0] for p in ports
        }
        scattered = all(board.scattered(kind) for kind in kinds)
        asked["dram" if scattered else random.choice(board.pools)] += _weight(spec)
    for name in board.pools:
        board.memory[name]["size"] = _mib(asked[name] * room)
    taken = sum(memory["size"] for memory in board.memory.values() if memory.get("inside") == "dram")
    board.memory["dram"]["size"] = taken + _mib(asked["dram"] * room * random.uniform(*_SPARE))
    _see_all(board)
    if "vram" in board.memory:
        board.memory["vram"]["size"] = _mib(asked["dram"] * random.uniform(0.1, 0.5))


def _see_all(board: Board) -> None:
    """A board with memory beyond 4 GiB has devices that see it."""
    dram = board.memory["dram"]
    bits = (dram["base"] + dram["size"]).bit_length()
    for device in board.devices.values():
        device["dma"]["bits"] = max(device["dma"]["bits"], bits)


def _weight(spec: Json) -> int:
    """About the bytes of a buffer, in the format it likes best."""
    count = spec["count"] if isinstance(spec["count"], int) else spec["count"]["wish"]
    if "bytes" in spec:
        return int(spec["bytes"] * count)
    width, height = map(int, spec["size"].split("x"))
    return int(width * height * _BYTES_PER_PIXEL[spec.get("formats", ["XR24"])[0]] * count)


def _mib(size: float) -> int:
    return max(1, -int(-size // MIB)) * MIB
