"""The suite's own options, and the last line of the peers' cases.

The line is printed by the process that the person started, after everything
else, whether or not the tests ran in others.
"""

from __future__ import annotations

import gc
import signal
from collections import defaultdict
from pathlib import Path

import pytest

GARBAGE = 100_000
"""Objects made since Python last looked for cycles of garbage, as in our commands (api/start.py)."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--sysmem-cases PATH`: other cases of the schema of tests/peers/sysmem.json."""
    parser.addoption("--sysmem-cases", metavar="PATH", type=Path, default=None, help="a file of peers' cases")


def pytest_configure() -> None:
    """Interrupts reach the programs under test, even where the suite itself was started to ignore them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.set_threshold(GARBAGE)


def pytest_collection_finish() -> None:
    """The tests themselves stay until the end: who looks for garbage need not walk through twelve thousand of them."""
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    """`sysmem: P passed, W waiting (kinds …), O out of scope (reasons …), F failed`."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    found: dict[str, list[list[str]]] = defaultdict(list)
    for report in (report for reports in reporter.stats.values() for report in reports):
        if getattr(report, "when", None) == "call":
            for _, (outcome, why) in (p for p in report.user_properties if p[0] == "sysmem"):
                found[outcome].append(why)
    if found:
        numbers = {name: len(found[name]) for name in ("passed", "waiting", "out of scope", "failed")}
        kinds, reasons = (
            ", ".join(sorted({word for why in found[name] for word in why})) or "none"
            for name in ("waiting", "out of scope")
        )
        reporter.write_line(
            f"sysmem: {numbers['passed']} passed, {numbers['waiting']} waiting (kinds {kinds}), "
            f"{numbers['out of scope']} out of scope (reasons {reasons}), {numbers['failed']} failed"
        )
