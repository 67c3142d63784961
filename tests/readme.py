"""The console blocks of README and docs: what their commands print now.

A block that begins with ```console Conversions, Flow shows only the first two paragraphs
and those with these headings, with `…` for what lies between.

`python -m tests.readme` writes them anew after an answer has changed for a good reason.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TOLD = (README, ROOT / "docs" / "protected.md", ROOT / "docs" / "conversions.md")
"""Pages that show commands with their output."""
_BLOCK = re.compile(r"```console(?P<only>[^\n]*)\n\$ (?P<command>[^\n]+)\n(?P<output>.*?)```", re.DOTALL)
_BEGINNING = 2


def run(command: str) -> str:
    """What `command` prints, as a stranger in a checkout would see it."""
    program, *arguments = shlex.split(command)
    code = f"import sys; sys.argv[0] = {program!r}; from heapwright.api.start import {program}; {program}()"
    found = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not found.stderr, found.stderr
    return found.stdout


def filled(text: str) -> str:
    """`text` with the output of every console block as it is now."""
    return _BLOCK.sub(
        lambda m: f"```console{m['only']}\n$ {m['command']}\n{_shown(run(m['command']), m['only'])}```", text
    )


def _shown(output: str, only: str) -> str:
    """The whole output, or its beginning and the paragraphs with the headings asked for."""
    wanted = [heading.strip() for heading in only.split(",") if heading.strip()]
    if not wanted:
        return output
    paragraphs = output.rstrip("\n").split("\n\n")
    kept = [p for p in paragraphs[_BEGINNING:] if p.partition("\n")[0] in wanted]
    assert len(kept) == len(wanted), f"no paragraph is called {wanted}"
    return "\n\n".join([*paragraphs[:_BEGINNING], "…", *kept]) + "\n"


def commands(text: str) -> list[str]:
    return [match["command"] for match in _BLOCK.finditer(text)]


if __name__ == "__main__":
    for page in TOLD:
        page.write_text(filled(page.read_text()))
