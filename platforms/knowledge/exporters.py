"""What buffers of an exporter promise: `exporters/`.

A file of `exporters/` (`schema: heapwright/exporter/1`) states what buffers of one kind
of exporter promise: `facts` are fields of a heap, in which `huge` stands for the size of
huge pages, and `from` is the memory they come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from heapwright.platforms.knowledge.files import files_of, fits

EXPORTER_SCHEMA: Final = "heapwright/exporter/1"


@lru_cache(maxsize=1)
def exporters() -> Mapping[str, dict[str, Any]]:
    """Every file of `exporters/`, by its name."""
    return dict(files_of("exporters"))


def exporter_of_node(name: str, kernel: str | None) -> str | None:
    """The exporter behind a heap node, by the node's name; None if we know none."""
    for key, data in exporters().items():
        if name in data.get("names", ()) and fits(data, kernel, {}):
            return key
    return None
