"""What a case expects of an answer, key by key.

Numbers of bytes may be smaller than that system's where it wastes some (the answer
is sound: see `soundness`); everything else must be the same. A key we do not know is reported,
never skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from .cases import Drawn, Size, unknown_keys
from .heaps import SYSTEM_RAM
from .negotiate import Answer, Failure, Layout, Negotiation, Waiting, waits_for
from .party import LINEAR
from .reading import Malformed
from .remarks import is_remark
from .rules import alignment
from .translate import Question
from .wanted import SILENT, TEXT, UnknownKey, names, read_value, spelt

SUFFIXES: Final = ("_ge", "_gt", "_le", "_lt", "_multiple_of")
_CHOICES: Final = ("_in", "_one_of", "_any_of")
_OTHERS: Final = ("_ne", "_not")


class Expectation:
    """The wanted values of one case against one answer.

    With `exact`, a number of bytes must be just that wherever that system wastes none.
    """

    def __init__(self, negotiation: Negotiation, answer: Answer, *, exact: bool = False) -> None:
        self.negotiation = negotiation
        self.answer = answer
        self.exact = exact
        self._smallest: Layout | None = None

    def mismatches(self, wanted: dict[str, Any]) -> Iterator[str]:
        """A sentence for every wanted value that the answer does not have.

        Raises:
            UnknownKey: after everything known was compared.
            Waiting: the wanted modifier has no layout of ours, for DRM has no such modifier.
            Malformed: a wanted value is of another kind than such values are.
        """
        for key in ("pixel_format", "modifier"):
            read_value(key, wanted.get(key))
        yield from self._same_pair(wanted)
        unknown = []
        for key, value in wanted.items():
            if key in SILENT or key in ("pixel_format", "modifier") or (value is None and key != "alpha"):
                continue
            check = self._check(key)
            if check is None:
                if not is_remark(key, value):
                    unknown.append(key)
                continue
            if key == "layouts":
                unknown += unknown_keys(read_value(key, value))
            if (found := check(value)) is not None:
                yield f"{key}: wanted {value}, got {found}"
        if unknown:
            raise UnknownKey(", ".join(unknown))

    def _same_pair(self, wanted: dict[str, Any]) -> Iterator[str]:
        """Another format or modifier is as good if the wanted one would do and is no smaller.

        The rest is then compared with our answer for the wanted one.
        """
        ours = self.answer.pair
        if ours is None:
            if wanted.get("pixel_format") or wanted.get("modifier"):
                yield f"pixel_format: wanted {wanted.get('pixel_format')}, got raw data"
            return
        pair = (wanted.get("pixel_format") or ours[0], spelt(wanted.get("modifier")) or ours[1])
        if pair == ours:
            return
        if pair not in self.answer.cast.common():
            yield f"format: wanted {pair}, got {ours}"
            return
        if not self.negotiation.solvable(pair):
            raise Waiting(waits_for(pair[1]))
        other = self.negotiation.of_pairs(self.answer.cast, (pair,))
        if isinstance(other, Failure) or other.padded < self.answer.padded:
            yield f"format: wanted {pair}, got {ours}"
            return
        self.answer = other

    def _check(self, key: str) -> Callable[[Any], Any] | None:
        """A function from the wanted value to what there is instead, or None where it agrees."""
        raw = self.answer.pair is None
        named: dict[str, Callable[[Any], Any]] = {
            "heap": lambda v: self._heap(str(v).lower()),
            "domain": lambda v: self._unless(self.answer.variant.domain, v),
            "secure": lambda v: self._unless(self.answer.variant.secure, v),
            "contiguous": self._contiguous,
            "color_space": lambda v: self._unless(self.answer.colour, v),
            "alpha": lambda v: self._unless(self._alpha(), v),
            "pixel_format": lambda v: self._unless(self.answer.pair and self.answer.pair[0], v),
            "modifier": lambda v: self._unless(self.answer.pair and self.answer.pair[1], spelt(v)),
            "min_size": lambda v: "raw data" if raw else self._unless(self.smallest.size, v),
            "bytes_per_row_divisor": self._divisor,
            "required_max_list": lambda v: "raw data" if raw and v else self._required(v),
            "layouts": lambda v: "raw data" if raw else self._layouts(v),
            "participant_gets_buffers": self._gets_buffers,
            "selected_group_children": lambda v: self._unless({k: self.answer.choices.get(k) for k in v}, v),
            "participants_that_must_fail": self._turned_away,
        }
        for base in (*named, *TEXT):
            if key != base and key.startswith(base) and key.removeprefix(base) in (*_CHOICES, *_OTHERS):
                return self._choice(self._check(base), key.removeprefix(base) in _CHOICES)
        if key in named:
            check = named[key]
            return lambda v: check(read_value(key, v))
        base, suffix = key, ""
        for ending in SUFFIXES:
            if key.endswith(ending):
                base, suffix = key.removesuffix(ending), ending
        number = self._number(base)
        return None if number is None else lambda v: self._compared(base, suffix, number, v)

    @staticmethod
    def _choice(check: Callable[[Any], Any] | None, agrees: bool) -> Callable[[Any], Any] | None:
        """Whether there is one of the wanted values, or none of them."""
        if check is None:
            return None

        def found(values: Any) -> Any:
            texts = [check(value) for value in (values if isinstance(values, list) else [values])]
            if (None in texts) == agrees:
                return None
            return texts[0] if agrees else "just that"

        return found

    @staticmethod
    def _unless(found: Any, wanted: Any) -> Any:
        return None if found == wanted else repr(found)

    @property
    def smallest(self) -> Layout:
        """The smallest image that everyone takes: what that system reports as its minima."""
        if self._smallest is None:
            pinned = self.negotiation.pinned(self.answer)
            found = self.negotiation.smallest(self.answer.cast, (1, 1), pinned)
            assert isinstance(found, Answer), "there is a larger one"
            self._smallest = found.layouts[0]
        return self._smallest

    def _number(self, name: str) -> Callable[[], float] | None:
        answer, page = self.answer, self.negotiation.limits.page_size
        return {
            "buffer_count": lambda: answer.placement.count,
            "dropped_slack": lambda: answer.dropped,
            "size_bytes": lambda: answer.size_bytes,
            "padded_bytes": lambda: answer.padded,
            "raw_size": lambda: -(-answer.padded // page) * page,
            "size_pages": lambda: -(-answer.size_bytes // page),
            "raw_pages": lambda: -(-answer.padded // page),
            "padded_over_size": lambda: answer.padded / answer.size_bytes,
            "bytes_per_row": lambda: answer.layouts[0].strides[0],
            "min_bytes_per_row": lambda: self.smallest.strides[0],
        }.get(name)

    def _compared(self, name: str, suffix: str, number: Callable[[], float], wanted: Any) -> Any:
        """None where our number is as wanted, or better."""
        if not isinstance(wanted, int | float) or isinstance(wanted, bool):
            raise Malformed(f"{name}{suffix}: expected a number, got {wanted!r:.60}")
        if name.endswith("bytes_per_row") and not self._linear:
            return self._tiled()
        if suffix in ("_ge", "_gt") and self._tighter(name):
            return None
        ours = number()
        same = name in ("buffer_count", "dropped_slack") or (self._exactly and not self._freer(name))
        agrees = {
            "": ours == wanted if same else ours <= wanted,
            "_ge": ours >= wanted,
            "_gt": ours > wanted,
            "_le": ours <= wanted,
            "_lt": ours < wanted,
            "_multiple_of": bool(wanted) and ours % wanted == 0,
        }[suffix]
        return None if agrees else ours

    def _tighter(self, name: str) -> bool:
        """Whether a lower bound is only that system's waste.

        It boxes several required images into one, and pads for any shape a block
        reader may meet; we lay out each image there is.
        """
        padded = name in ("padded_bytes", "raw_size", "raw_pages", "padded_over_size")
        if len(self.answer.layouts) > 1 and (padded or name in ("size_bytes", "size_pages")):
            return True
        return padded and any(e.block[1] > 1 for member in self.answer.members for e in member.entries)

    def _freer(self, name: str) -> bool:
        """Whether our number may be smaller: waste, and the stride of one of several images."""
        return self._tighter(name) or (name == "bytes_per_row" and len(self.answer.layouts) > 1)

    @property
    def _exactly(self) -> bool:
        """Linear images and raw data are as large as they must be; of tiles that system counts more."""
        return self.exact and (self._linear or self.answer.pair is None)

    def _tiled(self) -> str | None:
        """What there is instead of a stride: tiled images have none to compare."""
        return "raw data" if self.answer.pair is None else None

    @property
    def _linear(self) -> bool:
        """A tiled image has no rows of bytes: only sizes are compared."""
        return self.answer.pair is not None and self.answer.pair[1] == LINEAR

    def _heap(self, wanted: str) -> Any:
        """Of two heaps that all permit, neither system RAM, that system has no favourite: its merging shuffles them."""
        ours = self.answer.variant
        lists = [member.heaps for member in self.answer.members if member.heaps is not None]
        shuffled = (
            SYSTEM_RAM not in (wanted, ours.heap)
            and not ours.secure
            and all(wanted in listed for listed in lists)
        )
        return None if wanted == ours.heap or (lists and shuffled) else repr(ours.heap)

    def _contiguous(self, wanted: bool) -> Any:
        """One run is given to who needs it; a heap that has nothing else is no waste."""
        needed = any(member.contiguous for member in self.answer.members)
        agrees = needed == wanted and (self.answer.one_run or not wanted)
        return None if agrees else f"needed {needed}, {'one run' if self.answer.one_run else 'scattered'}"

    def _alpha(self) -> bool | None:
        """Whether the alpha channel means anything; None where nobody says, or there is none."""
        pair = self.answer.pair
        mark = (self.answer.placement.colour or "").partition("/")[2]
        said = [
            e.alpha for m in self.answer.members for e in m.entries if pair is not None and e.covers(pair)
        ]
        if (
            pair is None
            or not self.negotiation.world.formats[pair[0]].has_alpha_channel
            or set(said) <= {None}
        ):
            return None
        return mark == "alpha"

    def _divisor(self, wanted: int) -> Any:
        """Our strides step as that system's: seen on the image, and on wider ones that need padding."""
        if not self._linear:
            return self._tiled()
        if wanted < 1 or self.smallest.strides[0] % wanted:
            return f"stride {self.smallest.strides[0]}"
        pair = self.answer.pair
        assert pair is not None
        entries = [e for m in self.answer.members for e in m.entries if e.covers(pair)]
        step = max(alignment(entry, pair[0], self.negotiation.world)[0] for entry in entries)
        least = max(entry.min_bpr for entry in entries)
        pixel = self.negotiation.world.formats[pair[0]].stride_bytes_per_pixel
        beyond = self.smallest.strides[0] // pixel // step * step + step
        for width in (*(self.smallest.size[0] + more * step for more in (1, 2, 3)), beyond):
            question = Question(size=(width, self.smallest.size[1]), pairs=(pair,))
            found = self.negotiation.ask(self.answer.cast, question)
            right = -(-max(width * pixel, least) // wanted) * wanted
            if isinstance(found, Answer) and found.layouts[0].strides[0] != right:
                return f"stride {found.layouts[0].strides[0]} at width {width}, not {right}"
        return None

    def _required(self, wanted: list[Size]) -> Any:
        sizes = [layout.size for layout in self.answer.layouts]
        missing = [size for size in wanted if not any(w >= size[0] and h >= size[1] for w, h in sizes)]
        return f"no image for {missing}" if missing else None

    def _layouts(self, wanted: list[Drawn]) -> Any:
        """Each wanted image that we laid out, and that none is larger than its largest.

        An image of theirs that we did not lay out is a box around some of ours, and
        each of ours is, or lies in, one of theirs.
        """
        theirs = {(image.w, image.h): (image.bytes_per_row, image.image_size) for image in wanted}
        for size, (row, end) in theirs.items():
            within = [each for each in self.answer.layouts if _fits_in(each, size)]
            if not within:
                return f"no image within {size[0]}x{size[1]}"
            for layout in within:
                if size in (layout.asked, layout.size):
                    wide = self._linear and layout.strides[0] > row
                    other = self._exactly and (layout.strides[0], layout.end) != (row, end)
                    if wide or other or layout.end > end:
                        return f"stride {layout.strides[0]}, {layout.end} bytes"
        for layout in self.answer.layouts:
            if not any(_fits_in(layout, size) for size in theirs):
                return f"an image of {layout.size[0]}x{layout.size[1]}"
        largest = max((end for _, end in theirs.values()), default=0)
        return next((layout.end for layout in self.answer.layouts if layout.end > largest), None)

    def _gets_buffers(self, wanted: dict[str, bool]) -> Any:
        found = {name: name in self.answer.attached for name in wanted}
        return self._strangers(wanted) or self._unless(found, wanted)

    def _turned_away(self, wanted: list[str] | str) -> Any:
        """Who gets no buffers because another child was taken."""
        named = names(wanted, {node.id for node in self.negotiation.tree.nodes})
        return self._strangers(sorted(named)) or sorted(self.answer.attached & named) or None

    def _strangers(self, names: Iterable[str]) -> str | None:
        known = {node.id for node in self.negotiation.tree.nodes}
        strangers = [str(name) for name in names if name not in known]
        return f"no participant {', '.join(strangers)}" if strangers else None


def _fits_in(layout: Layout, size: tuple[int, int]) -> bool:
    """Whether an image of ours lies in one of that size; one that is required, as it is asked."""
    named = layout.size if layout.asked in (None, (1, 1)) else layout.asked
    return named is not None and named[0] <= size[0] and named[1] <= size[1]
