"""Malformed and hostile inputs, in one place for the reader, the command line and HTTP.

Every one of them must be refused with a clear message, quickly, without a
traceback. `PLATFORMS` and `PIPELINES` are texts of files; `BODIES` are JSON.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

PLATFORM: Final = """\
schema: heapwright/platform/1
name: small
kernel: "6.12"
page: 4KiB
memory:
  dram: {base: 0x40000000, size: 2GiB, source: a manual}
  cma: {inside: dram, base: 0xb0000000, size: 64MiB, source: a manual}
iommus:
  mmu0: {bits: 32, aperture: {base: 0x0, size: 4GiB}, source: a manual}
heaps:
  system: {via: dma-heap, names: [system], memory: [dram], run: 4KiB, align: 4KiB, cpu: cached, source: a manual}
  cma: {via: dma-heap, names: [reserved], memory: [cma], run: whole, align: {by_size_up_to: 1MiB}, cpu: cached, source: a manual}
devices:
  panel:
    kind: display
    dma: {bits: 32, iommu: mmu0}
    source: a manual
    ports:
      scanout:
        access: read
        images: [{formats: [XR24, NV12], extent: {min: 16x16, max: 4096x4096}, stride: {multiple: 64, max: 65535}}]
        uses: {plane: 1}
        source: a manual
  scaler:
    kind: 2d
    dma: {bits: 32}
    converts: [{from: source, to: target, may_change: [format]}]
    source: a manual
    ports:
      source: {access: read, images: [{formats: [NV12]}], source: a manual}
      target: {access: write, images: [{formats: [XR24]}], source: a manual}
resources: {plane: 4}
"""
PIPELINE: Final = """\
schema: heapwright/pipeline/1
name: preview
buffers:
  frame:
    size: 1366x768
    rate: 60
    formats: [XR24, NV12]
    count: 4
    written_by: gpu.render
    read_by: [display.scanout, video-encoder.frame]
"""


class Case(NamedTuple):
    """A text, and a part of the message that refuses it (with its line, where that is certain)."""

    name: str
    text: str
    says: str = ""


def _changed(base: str, name: str, old: str, new: str, says: str) -> Case:
    assert base.count(old) >= 1, f"{name}: {old!r} is not in the text"
    return Case(name, base.replace(old, new, 1), says)


_BOMB: Final = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

TEXTS: Final[tuple[Case, ...]] = (
    Case("empty", "", "empty"),
    Case("only blanks", " \n\n  \n", "empty"),
    Case("only a comment", "# nothing\n", "empty"),
    Case("null", "~", "expected a mapping"),
    Case("a number", "12", "expected a mapping"),
    Case("a word", "hello", "expected a mapping"),
    Case("a list", "- a\n- b\n", "expected a mapping"),
    Case("no schema", "name: x\n", "'schema' is missing"),
    Case("schema is a number", "schema: 1\n", ":1: schema: expected heapwright/"),
    Case("another schema", "schema: kubernetes/pod/1\n", "got 'kubernetes/pod/1'"),
    Case("schema of an answer", "schema: heapwright/answer/1\n", "got 'heapwright/answer/1'"),
    Case("a bomb of aliases", _BOMB, ":1: anchors and aliases"),
    Case("an anchor", "schema: &s x\n", "anchors and aliases"),
    Case("an alias to nothing", "schema: *s\n", "anchors and aliases"),
    Case("an alias to itself", "a: &a\n  b: *a\n", "anchors and aliases"),
    Case("a merge key", "a: {b: 1}\n<<: *a\n", "anchors and aliases"),
    Case("a tag that runs code", "!!python/object/apply:os.system ['true']\n", "tags"),
    Case("a tag inside", "a: !!python/name:os.system x\n", "tags"),
    Case("a tag of our own", "a: !include other.yaml\n", "tags"),
    Case("a binary tag", "a: !!binary aGVsbG8=\n", "tags"),
    Case("two documents", "a: 1\n---\nb: 2\n", "second document"),
    Case("many documents", "---\na\n" * 20_000, "second document"),
    Case("a directive", "%YAML 1.1\n---\na: 1\n", "directives"),
    Case("a huge version", "%YAML 1." + "9" * 6000 + "\n---\na: 1\n", ""),
    Case("a tag directive", "%TAG ! tag:example.org,2000:\n---\na: 1\n", "directives"),
    Case("nested brackets", "[" * 20_000, "deep"),
    Case("nested and closed brackets", "[" * 20_000 + "]" * 20_000, "deep"),
    Case("nested braces", "{" * 20_000, ""),
    Case("nested mappings", "{a: " * 10_000, "deep"),
    Case("nested lists on lines", "[\n" * 20_000, "deep"),
    Case("nested dashes", "- " * 20_000, "deep"),
    Case("nested blocks", "".join(" " * depth + "a:\n" for depth in range(1000)), "deep"),
    Case("nested question marks", "? " * 20_000, ""),
    Case("brackets inside a platform", f"schema: heapwright/platform/1\nname: {'[' * 20_000}\n", "deep"),
    Case("too large", "a: " + "x\n   " * 300_000, "bytes"),
    Case("a long line", "a: " + "x" * 100_000, "a line of more than"),
    Case("many values", "- a\n" * 150_000, "values"),
    Case("many keys", "".join(f"k{number}: 1\n" for number in range(80_000)), "values"),
    Case("many exclamation marks", "!" * 60_000, ""),
    Case("many ampersands", "&" * 60_000, ""),
    Case("many quotes", "'" * 60_001, ""),
    Case("many percent signs", "%" * 60_000, ""),
    Case("many colons", ": " * 30_000, ""),
    Case("many tabs", "\t" * 60_000, ""),
    Case("an open quote", 'a: "x\n', "not YAML"),
    Case("an open bracket", "a: [x\n", "not YAML"),
    Case("an open brace", "a: {x: 1\n", "not YAML"),
    Case("a stray bracket", "a: ]\n", "not YAML"),
    Case("a tab as indentation", "a:\n\tb: 1\n", "not YAML"),
    Case("two colons", "a: b: c\n", "not YAML"),
    Case("bad indentation", "a:\n  b: 1\n c: 2\n", "not YAML"),
    Case("an unknown escape", 'a: "\\q"\n', "not YAML"),
    Case("an escape beyond Unicode", 'a: "\\U00110000"\n', "not YAML"),
    Case("an escaped surrogate", 'a: "\\ud800"\n', ""),
    Case("a byte of zero", "a: \x00\n", "control character"),
    Case("a bell", "a: \x07\n", "control character"),
    Case("an escape sequence of a terminal", "a: \x1b[31mred\n", "control character"),
    Case("a delete character", "a: \x7f\n", ""),
    Case("a key that is a list", "? [a, b]\n: 1\n", "a key that is a list or mapping"),
    Case("a key that is a mapping", "{{a: 1}: 2}\n", "a key that is a list or mapping"),
    Case("JSON cut off", '{"schema": "heapwright/platform/1", "name":', ""),
    Case("JSON with a comma too many", '{"schema": "heapwright/platform/1",, }', ""),
    Case("XML", "<platform name='x'/>\n", "expected a mapping"),
    Case("a private key by mistake", "-----BEGIN NOTHING-----\nabc\n-----END NOTHING-----\n", ""),
)
"""Refused whatever they are read as."""

BYTES: Final[tuple[tuple[str, bytes], ...]] = (
    ("UTF-16", "schema: heapwright/platform/1\n".encode("utf-16")),
    ("Latin-1", "title: caf\xe9\n".encode("latin-1")),
    ("cut off in a character", "title: é".encode()[:-1]),
    ("random bytes", bytes(range(256))),
    ("zeros", bytes(4096)),
    ("ten megabytes", b"a" * (10 << 20)),
    ("ten megabytes of lines", b"- a\n" * (10 << 18)),
    ("overlong UTF-8", b"a: \xc0\xaf\n"),
    ("an encoded surrogate", b"a: \xed\xa0\x80\n"),
    ("an ELF file", b"\x7fELF\x02\x01\x01" + bytes(64)),
)
"""No text that we read, as bytes of a file."""


def _platform(name: str, old: str, new: str, says: str = "") -> Case:
    return _changed(PLATFORM, f"platform: {name}", old, new, says)


def _pipeline(name: str, old: str, new: str, says: str = "") -> Case:
    return _changed(PIPELINE, f"pipeline: {name}", old, new, says)


PLATFORMS: Final[tuple[Case, ...]] = (
    _platform("a newer schema", "platform/1", "platform/2", ":1: schema: this file is for a newer heapwright"),
    _platform("a schema of zero", "platform/1", "platform/0", "for no heapwright"),
    _platform("a huge schema", "platform/1", "platform/" + "9" * 5000, ""),
    _platform("no name", "name: small\n", "", "'name' is missing"),
    _platform("an empty name", "name: small", "name: ''", ":2: name: expected a name"),
    _platform("a number as name", "name: small", "name: 12", "put it in quotes"),
    _platform("a name with a blank", "name: small", "name: a b", "expected a name"),
    _platform("a name with a slash", "name: small", "name: ../../etc/passwd", "expected a name"),
    _platform("a name with an escape", "name: small", 'name: "a\\e[31m"', "control character"),
    _platform("a name with a newline", "name: small", 'name: "a\\nb"', "expected a name"),
    _platform("a long name", "name: small", f"name: {'a' * 65}", "expected a name"),
    _platform("a name from right to left", "name: small", 'name: "a\\u202eb"', "control character"),
    _platform("a duplicate key", "name: small", "name: small\nname: large", ":3: duplicate key 'name' (first on line 2)"),
    _platform("a duplicate memory", "  cma: {inside", "  dram: {size: 1GiB, source: a manual}\n  cma: {inside", "duplicate key 'dram'"),
    _platform("a duplicate field", "size: 2GiB", "size: 2GiB, size: 4GiB", ":6: memory.dram: duplicate key 'size'"),
    _platform("a key that is a number", "  dram:", "  1: {}\n  dram:", "the key '1' is not text"),
    _platform("a key that is null", "  dram:", "  ~: {}\n  dram:", "is not text"),
    _platform("a key that is true", "  dram:", "  true: {}\n  dram:", "the key 'true' is not text"),
    _platform("a key with an escape", "  dram:", '  "a\\e": {}\n  dram:', "control character"),
    _platform("a name of a memory with a blank", "  dram:", "  d ram:", "memory.d ram"),
    _platform("an unknown key", "page: 4KiB", "pages: 4KiB", ":4: pages: unknown key 'pages'; did you mean 'page'?"),
    _platform("an unknown field", "run: whole", "runs: whole", "did you mean 'run'?"),
    _platform("an unknown field of a stride", "max: 65535", "maxx: 65535", "did you mean 'max'?"),
    _platform("no source", "size: 2GiB, source: a manual", "size: 2GiB", ":6: memory.dram: 'source' is missing"),
    _platform("an empty source", "size: 2GiB, source: a manual", "size: 2GiB, source: ''", "source: expected text of at least 1"),
    _platform("a source that is a list", "size: 2GiB, source: a manual", "size: 2GiB, source: [a]", "expected text, got a list"),
    _platform("no size", "size: 2GiB, ", "", "'size' is missing"),
    _platform("a size of zero", "size: 2GiB", "size: 0", "expected at least 1 byte, got 0"),
    _platform("a negative size", "size: 2GiB", "size: -1", "expected 0 to 2^63 - 1"),
    _platform("a size of 2^63", "size: 2GiB", "size: 9223372036854775808", "expected 0 to 2^63 - 1"),
    _platform("a size of 2^64", "size: 2GiB", "size: 18446744073709551616", "beyond 64 bits"),
    _platform("a size of a million digits", "size: 2GiB", f"size: {'9' * 60_000}", "beyond 64 bits"),
    _platform("a size of many TiB", "size: 2GiB", "size: 9999999999999TiB", "expected 0 to 2^63 - 1"),
    _platform("a size in decimal units", "size: 2GiB", "size: 2GB", "expected bytes such as 64MiB"),
    _platform("a size with a fraction", "size: 2GiB", "size: 1.5GiB", "expected bytes such as 64MiB"),
    _platform("a size that is a float", "size: 2GiB", "size: 2.0", "expected bytes such as 64MiB"),
    _platform("a size that is NaN", "size: 2GiB", "size: .nan", ":6: memory.dram.size: expected a number, got nan"),
    _platform("a size that is infinite", "size: 2GiB", "size: .inf", "expected a number, got inf"),
    _platform("a size that overflows", "size: 2GiB", "size: 1e999", "expected a number, got inf"),
    _platform("a size that is true", "size: 2GiB", "size: true", "expected bytes such as 64MiB"),
    _platform("a size that is null", "size: 2GiB", "size: ~", "got nothing"),
    _platform("a size that is a mapping", "size: 2GiB", "size: {a: 1}", "expected bytes such as 64MiB"),
    _platform("a size in Arabic digits", "size: 2GiB", "size: ٢GiB", "expected bytes such as 64MiB"),
    _platform("a range that ends before it starts", "size: 2GiB", "size: 4GiB..2GiB", "ends before it starts"),
    _platform("a range without an end", "size: 2GiB", "size: 4GiB..", "expected bytes"),
    _platform("a range of three", "size: 2GiB", "size: 1GiB..2GiB..3GiB", "expected bytes"),
    _platform("a base beyond 64 bits", "base: 0x40000000", "base: 0x10000000000000000", "beyond 64 bits"),
    _platform("outermost memory without base", "base: 0x40000000, ", "", "'base' is missing"),
    _platform("memory inside nothing", "inside: dram", "inside: drum", ":7: memory.cma.inside: no memory 'drum'; did you mean 'dram'?"),
    _platform("memory inside itself", "inside: dram", "inside: cma", "lies inside itself: cma → cma"),
    _platform("a cycle of inside", "dram: {base", "dram: {inside: cma, base", "lies inside itself"),
    _platform("a part larger than its surroundings", "size: 64MiB", "size: 4GiB", "more than the 2 GiB of dram around it"),
    _platform("a part that sticks out", "base: 0xb0000000", "base: 0xbfff0000", "after dram around it"),
    _platform("a part before its surroundings", "base: 0xb0000000", "base: 0x0", "before dram around it"),
    _platform("more held than there is", "size: 64MiB", "size: 64MiB, held: 65MiB", "others hold 65 MiB of cma"),
    _platform("local to nobody", "size: 64MiB", "size: 64MiB, local: gpu9", "no device 'gpu9'"),
    _platform("local to an empty list", "size: 64MiB", "size: 64MiB, local: []", "names no device"),
    _platform("reached by nobody", "size: 64MiB", "size: 64MiB, reached_by: [nic9]", "no device 'nic9'"),
    _platform("a section that is a list", "iommus:\n  mmu0:", "iommus:\n  - mmu0:", "expected a mapping"),
    _platform("a memory that is a list", "  mmu0: {bits: 32", "  mmu1: []\n  mmu0: {bits: 32", "expected a mapping, got an empty list"),
    _platform("an aperture of zero", "size: 4GiB", "size: 0", "expected at least 1, got '0'"),
    _platform("an aperture beyond the bits", "size: 4GiB", "size: 8GiB", "beyond 32 bits"),
    _platform("bits beyond 64", "mmu0: {bits: 32", "mmu0: {bits: 65", "expected at most 64"),
    _platform("no bits at all", "mmu0: {bits: 32", "mmu0: {bits: 0", "expected at least 1"),
    _platform("an unknown way to allocate", "via: dma-heap", "via: dma-hope", "did you mean 'dma-heap'?"),
    _platform("a heap without memory", "memory: [dram], ", "", "'memory' is missing"),
    _platform("a heap of no memory", "memory: [dram]", "memory: []", "at least 1 entries"),
    _platform("a heap of unknown memory", "memory: [dram]", "memory: [drum]", "heaps.system.memory[0]: no memory 'drum'"),
    _platform("a heap of one memory twice", "memory: [dram]", "memory: [dram, dram]", "named twice"),
    _platform("a heap without cpu", "cpu: cached, ", "", "'cpu' is missing"),
    _platform("an alignment of three", "align: 4KiB", "align: 3", "expected a power of two for an alignment, got 3"),
    _platform("an alignment of zero", "align: 4KiB", "align: 0", "expected at least 1"),
    _platform("an alignment by a wrong key", "by_size_up_to", "by_size", "'by_size_up_to' is missing"),
    _platform("an alignment by size of three", "by_size_up_to: 1MiB", "by_size_up_to: 3", "power of two"),
    _platform("a page of three", "page: 4KiB", "page: 3", "expected a power of two for the page"),
    _platform("a page of zero", "page: 4KiB", "page: 0", "expected at least 1"),
    _platform("a run of zero", "run: 4KiB", "run: 0", "expected at least 1"),
    _platform("an exporter that is not there", "run: 4KiB", "run: 4KiB, exporter: gpu9", "no device 'gpu9'"),
    _platform("access for nobody we know", "run: 4KiB", "run: 4KiB, access: [decoder]", "no device 'decoder'"),
    _platform("moves to no heap", "run: 4KiB", "run: 4KiB, moves_to: gtt", "no heap 'gtt'"),
    _platform("moves to itself", "run: 4KiB", "run: 4KiB, moves_to: system", "moves buffers to itself"),
    _platform("locks from nowhere", "run: 4KiB", "run: 4KiB, locks: {from: pool, size: 1MiB}", "no memory 'pool'"),
    _platform("one node, two heaps", "names: [reserved]", "names: [system]", "already a name of heap 'system'"),
    _platform("a kernel that is a float", 'kernel: "6.12"', "kernel: 6.12", ":3: kernel: expected text or unknown"),
    _platform("a kernel that is a word", 'kernel: "6.12"', "kernel: latest", "expected a kernel version"),
    _platform("since no version", "run: 4KiB", "run: 4KiB, since: soon", "expected a kernel version"),
    _platform("gone before it came", "run: 4KiB", "run: 4KiB, since: '6.12', until: '6.9'", "would be gone in 6.9"),
    _platform("an unknown kind", "kind: display", "kind: dispaly", "did you mean 'display'?"),
    _platform("no kind", "    kind: display\n", "", "'kind' is missing"),
    _platform("an iommu that is not there", "iommu: mmu0", "iommu: mmu1", "no iommu 'mmu1'; did you mean 'mmu0'?"),
    _platform("iommu and mmu", "iommu: mmu0", "iommu: mmu0, mmu: true", "both an iommu and an mmu"),
    _platform("no width of addresses", "dma: {bits: 32}", "dma: {}", "'bits' is missing"),
    _platform("no dma", "    dma: {bits: 32}\n", "", "'bits' is missing"),
    _platform("a boundary of three", "dma: {bits: 32}", "dma: {bits: 32, boundary: 3}", "power of two for a boundary"),
    _platform("a port outside the table", "scanout:", "scanner:", "display has no port 'scanner'; its ports are scanout, cursor"),
    _platform("a port of the wrong direction", "access: read", "access: write", "expected read: that is what display.scanout does"),
    _platform("a fourcc by its C name", "formats: [XR24, NV12]", "formats: [XRGB8888]", "write XR24"),
    _platform("a fourcc of V4L2", "formats: [XR24, NV12]", "formats: [NM12]", "write NV12 with dmabufs: [2]"),
    _platform("a fourcc nobody knows", "formats: [XR24, NV12]", "formats: [ZZZZ]", "no DRM fourcc 'ZZZZ'"),
    _platform("an empty fourcc", "formats: [XR24, NV12]", "formats: ['']", "no DRM fourcc ''"),
    _platform("no formats", "formats: [XR24, NV12]", "formats: []", "at least 1 entries"),
    _platform("a format twice", "formats: [XR24, NV12]", "formats: [XR24, XR24]", "'XR24' is named twice"),
    _platform("formats that are text", "formats: [XR24, NV12]", "formats: XR24", "expected a list, got 'XR24'"),
    _platform("a linear layout that is none", "formats: [XR24, NV12]", "formats: [YU08]", "YU08 has no linear layout"),
    _platform("a bad AFBC flag", "formats: [XR24, NV12]", "formats: [XR24], modifiers: ['ARM_AFBC(16x16,FAST)']", "ARM_AFBC has no 'FAST'"),
    _platform("a modifier beyond 64 bits", "formats: [XR24, NV12]", "formats: [XR24], modifiers: [0x10000000000000000]", "beyond 64 bits"),
    _platform("a negative modifier", "formats: [XR24, NV12]", "formats: [XR24], modifiers: [-1]", "expected a modifier of 64 bits"),
    _platform("no modifiers", "formats: [XR24, NV12]", "formats: [XR24], modifiers: []", "at least 1 entries"),
    _platform("a smallest extent beyond the largest", "min: 16x16", "min: 8192x16", "the smallest extent 8192x16 exceeds the largest 4096x4096"),
    _platform("an extent of one side", "max: 4096x4096", "max: 4096", "expected WIDTHxHEIGHT"),
    _platform("an extent read as hexadecimal", "max: 4096x4096", "max: 0x0", "got the number 0 (0x0 without quotes is that number in YAML)"),
    _platform("an extent of zero", "max: 4096x4096", "max: '0x4096'", "at least 1"),
    _platform("a smallest stride beyond the largest", "max: 65535", "min: 65536, max: 65535", "min 65536 exceeds max 65535"),
    _platform("a multiple of zero", "multiple: 64", "multiple: 0", "expected at least 1"),
    _platform("a multiple of 2^40", "multiple: 64", "multiple: 1099511627776", "expected at most"),
    _platform("a rotation of 45", "formats: [XR24, NV12]", "formats: [XR24], when: {rotate: [45]}", "expected 0, 90, 180 or 270"),
    _platform("an angle twice", "formats: [XR24, NV12]", "formats: [XR24], when: {rotate: [90, 90]}", "90 is named twice"),
    _platform("an angle of a port twice", "uses: {plane: 1}", "rotate: [0, 0]", "0 is named twice"),
    _platform("raw data turned", "images: [{formats: [XR24, NV12]", "rotate: [90] # [{[", "raw data, which has no rotation"),
    _platform("banks that are not there", "formats: [XR24, NV12]", "formats: [XR24], banks: [left]", "no memory 'left'"),
    _platform("five dma-bufs", "formats: [XR24, NV12]", "formats: [XR24], dmabufs: [5]", "expected at most 4"),
    _platform("a ratio by zero", "formats: [XR24, NV12]", "formats: [XR24], column_height: {times_height: {min: 1/0, max: 2}}", "positive ratio"),
    _platform("a resource that is not there", "uses: {plane: 1}", "uses: {plain: 1}", "no resource 'plain'; did you mean 'plane'?"),
    _platform("a use of nothing", "uses: {plane: 1}", "uses: {plane: 0}", "expected at least 1"),
    _platform("a resource of less than nothing", "resources: {plane: 4}", "resources: {plane: -1}", "expected at least 0"),
    _platform("converts from no port", "from: source", "from: sauce", "no port 'sauce' on this device; did you mean 'source'?"),
    _platform("converts to what it reads", "to: target", "to: source", "expected a port that writes"),
    _platform("imports from no heap", "dma: {bits: 32}", "dma: {bits: 32}\n    imports: [gtt]", "no heap 'gtt'"),
    _platform("takes from no heap", "uses: {plane: 1}", "takes_from: [gtt]", "no heap 'gtt'"),
    _platform("a port of no memory", "uses: {plane: 1}", "memory: [vram]", "no memory 'vram'"),
    _platform("fewest beyond most", "uses: {plane: 1}", "count: {min: 4, max: 2}", "min 4 exceeds max 2"),
    _platform("half a protection", "uses: {plane: 1}", "protected: maybe", "expected allowed, required, refused or unknown"),
    _platform("a truth that is text", "dma: {bits: 32}", "dma: {bits: 32, mmu: 'yes'}", "expected true or false"),
    _platform("extends nothing", "name: small", "name: small\nextends: nowhere", ":3: extends: no board or part 'nowhere'"),
    _platform("extends a path", "name: small", "name: small\nextends: ../../../etc/passwd", "expected the name of a board or part"),
    _platform("extends a mapping", "name: small", "name: small\nextends: {a: 1}", "expected the name of a board or part"),
    _platform("extends one twice", "name: small", "name: small\nextends: [acme-one, acme-one]", "expected different names"),
    _platform("extends too many", "name: small", f"name: small\nextends: [{', '.join(f'a{n}' for n in range(40))}]", "on top of each other"),
    _platform("a part", "name: small", "name: small\npart: true", "this is a part"),
    _platform("half a part", "name: small", "name: small\npart: maybe", "expected true or false"),
    _platform("rules that are not there", "dma: {bits: 32}", "dma: {bits: 32}\n    rules: nothing", "no driver rules 'nothing'"),
    _platform("rules by a path", "dma: {bits: 32}", "dma: {bits: 32}\n    rules: /etc/passwd", "expected the name of a driver's rules"),
)  # fmt: skip

PIPELINES: Final[tuple[Case, ...]] = (
    _pipeline("a newer schema", "pipeline/1", "pipeline/7", "for a newer heapwright"),
    _pipeline("no buffers", PIPELINE[PIPELINE.index("buffers") :], "buffers: {}\n", "at least 1 entries"),
    _pipeline("buffers by a wrong name", "buffers:", "bufers:", "did you mean 'buffers'?"),
    _pipeline("buffers in a list", "  frame:", "  - frame:", "expected a mapping"),
    _pipeline("a buffer that is text", "  frame:", "  other: text\n  frame:", "buffer 'other': expected a mapping"),
    _pipeline("a buffer's name with a control character", "  frame:", '  "a\\a":', "control character"),
    _pipeline("a long name of a buffer", "  frame:", f"  {'a' * 65}:", "expected a name"),
    _pipeline("a duplicate buffer", "  frame:", "  frame: {bytes: 1, written_by: cpu}\n  frame:", "duplicate key 'frame'"),
    _pipeline("no size", "    size: 1366x768\n", "", "exactly one of size (an image) and bytes"),
    _pipeline("size and bytes", "    size: 1366x768\n", "    size: 1366x768\n    bytes: 1\n", "exactly one of size"),
    _pipeline("a size of zero", "1366x768", "'0x768'", "at least 1"),
    _pipeline("a size read as hexadecimal", "1366x768", "0x1080", "expected WIDTHxHEIGHT such as 1920x1080, got the number 4224 (0x1080 without quotes is that number in YAML)"),
    _pipeline("a huge size", "1366x768", "99999999999x1", "expected WIDTHxHEIGHT"),
    _pipeline("a size with blanks", "1366x768", "1366 x 768", "expected WIDTHxHEIGHT"),
    _pipeline("no bytes", "size: 1366x768", "bytes: 0", "expected at least 1"),
    _pipeline("bytes with formats", "size: 1366x768", "bytes: 4MiB", "raw data (bytes) has no formats"),
    _pipeline("a rate below zero", "rate: 60", "rate: -1", "expected at least 0"),
    _pipeline("a rate that is NaN", "rate: 60", "rate: .NaN", ":6: buffer 'frame': rate: expected a number, got nan"),
    _pipeline("a rate with a fraction", "rate: 60", "rate: 59.94", "expected a whole number"),
    _pipeline("a rate of 2^63", "rate: 60", "rate: 9223372036854775808", "expected at most"),
    _pipeline("a fourcc by its C name", "[XR24, NV12]", "[XRGB8888]", "write XR24"),
    _pipeline("a format twice", "[XR24, NV12]", "[NV12, NV12]", "'NV12' is named twice"),
    _pipeline("no formats", "[XR24, NV12]", "[]", "at least 1 entries"),
    _pipeline("a count of zero", "count: 4", "count: 0", ":8: buffer 'frame': count: expected at least 1"),
    _pipeline("a count beyond all", "count: 4", "count: 4097", "expected at most 4096"),
    _pipeline("a count in words", "count: 4", "count: four", "expected a whole number or a mapping"),
    _pipeline("a wish below the minimum", "count: 4", "count: {min: 4, wish: 2}", "expected wish ≥ min"),
    _pipeline("a count without a wish", "count: 4", "count: {min: 4}", "'wish' is missing"),
    _pipeline("nobody writes", "written_by: gpu.render", "written_by: []", "at least 1 entries"),
    _pipeline("no writer", "    written_by: gpu.render\n", "", "'written_by' is missing"),
    _pipeline("an unknown kind", "display.scanout", "toaster", ":10: buffer 'frame': no kind 'toaster'; kinds are 2d, adc"),
    _pipeline("an unknown port", "display.scanout", "display.scan", "display has no port 'scan'"),
    _pipeline("a port of the wrong direction", "gpu.render", "gpu.sample", "gpu.sample does not write buffers"),
    _pipeline("a port left out where there are two", "display.scanout", "display", "names no port"),
    _pipeline("a port left out where there is none", "gpu.render", "dac", "no port that would write"),
    _pipeline("an empty selector", "display.scanout", "''", "expected kind[#label]"),
    _pipeline("a selector with a blank", "display.scanout", "'display scanout'", "expected kind[#label]"),
    _pipeline("a selector with an empty label", "display.scanout", "'display#.scanout'", "expected kind[#label]"),
    _pipeline("a selector of a megabyte", "display.scanout", "d" * 60_000, ""),
    _pipeline("a selector that is a number", "display.scanout", "12", ""),
    _pipeline("a selector that is a list", "display.scanout", "[display.scanout]", ""),
    _pipeline("a heap in a selector", "display.scanout", "{port: display.scanout, heap: cma}", "unknown key 'heap'"),
    _pipeline("an odd rotation", "display.scanout", "{port: display.scanout, rotate: 45}", "expected 0, 90, 180 or 270"),
    _pipeline("a crop outside", "display.scanout", "{port: display.scanout, crop: 1920x1080+0+0}", "lies outside the image of 1366x768"),
    _pipeline("a crop of nothing", "display.scanout", "{port: display.scanout, crop: 0x0+0+0}", "at least 1x1"),
    _pipeline("a crop without a place", "display.scanout", "{port: display.scanout, crop: 64x64}", "expected WIDTHxHEIGHT+X+Y"),
    _pipeline("a scale to nothing", "display.scanout", "{port: display.scanout, scale: '0x0'}", "at least 1"),
    _pipeline("how often", "display.scanout", "{port: display.scanout, how_often: never}", "expected often or rarely"),
    _pipeline("no port in a mapping", "display.scanout", "{rotate: 90}", "'port' is missing"),
    _pipeline("a codec in capitals", "video-encoder.frame", "{port: video-encoder.frame, codec: H264}", "codec: expected lower-case"),
    _pipeline("two codecs in one stage", "[display.scanout, video-encoder.frame]", "[{port: video-encoder, codec: h264}, {port: video-encoder.frame, codec: vp9}]", "has codec h264 elsewhere"),
    _pipeline("any of nothing", "display.scanout", "{any_of: []}", "at least 1 entries"),
    _pipeline("any of any of", "display.scanout", "{any_of: [{any_of: [gpu]}]}", "unknown key 'any_of'"),
    _pipeline("any of a toaster", "display.scanout", "{any_of: [gpu, toaster]}", "no kind 'toaster'"),
    _pipeline("protected by text", "count: 4", "protected: very", "expected true or false"),
    _pipeline("an audience of toasters", "count: 4", "protected: {audience: [toaster]}", "no kind 'toaster'"),
    _pipeline("an audience of nobody", "count: 4", "protected: {audience: []}", "at least 1 entries"),
    _pipeline("conversions by force", "count: 4", "conversions: force", "expected allow, forbid or lossless"),
    _pipeline("a heap named", "count: 4", "heap: cma", "unknown key 'heap'"),
    _pipeline("a bad modifier", "count: 4", "modifiers: ['ARM_AFBC(7x7)']", "ARM_AFBC has no '7x7'"),
    _pipeline("no dma-bufs", "count: 4", "dmabufs: 0", "expected at least 1"),
)  # fmt: skip

BODIES: Final[tuple[tuple[str, bytes], ...]] = (
    ("empty", b""),
    ("no JSON", b"schema: x"),
    ("cut off", b'{"platform": "acme-one", "pipelines": ['),
    ("a list", b"[]"),
    ("a number", b"1"),
    ("null", b"null"),
    ("nested brackets", b"[" * 20_000),
    ("nested and closed brackets", b"[" * 20_000 + b"]" * 20_000),
    ("nested objects", b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    ("NaN", b'{"platform": NaN}'),
    ("infinity", b'{"platform": Infinity}'),
    ("an overflowing number", b'{"platform": 1e999}'),
    ("2^63", b'{"platform": "acme-one", "pipelines": [9223372036854775808]}'),
    ("a number of 5000 digits", b'{"platform": ' + b"9" * 5000 + b"}"),
    ("a duplicate key", b'{"platform": "acme-one", "platform": "rk3588", "pipelines": []}'),
    ("no UTF-8", b'{"platform": "\xff"}'),
    ("a lone surrogate", b'{"platform": "\\ud800"}'),
    ("a control character", b'{"platform": "a\\u0000b", "pipelines": []}'),
    ("ten megabytes", b'{"platform": "' + b"a" * (10 << 20) + b'"}'),
    ("many values", json.dumps({"platform": "acme-one", "pipelines": [0] * 150_000}).encode()),
)
"""Bodies for a POST of a question."""
