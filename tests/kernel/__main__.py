"""`python -m tests.kernel [stock] [truth] [-- WORDS]`: the tests that ask a real kernel, in machines of their own.

Before that, on this machine: our bindings beside the kernel's headers. What follows `--` goes to pytest inside (`-- -k heap`); where it begins with the name of
a program instead (`-- python -c '…'`, `-- heapwright discover`), that program runs.
Exit codes: 0 all passed, 1 a test failed or a machine died, 2 a kernel cannot be had here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tests.kernel import vm
from tests.kernel.kernels import Kernel, headers, stock, truth
from tests.kernel.needs import Missing

KERNELS: Final[dict[str, Callable[[], Kernel]]] = {"stock": stock, "truth": truth}
SECONDS: Final = 900
SAID: Final = "verify"
"""What `verify` said of this kernel: tests/kernel/guest/both/test_verify.py leaves it in the shared folder."""


def main(asked: list[str]) -> int:
    """Run the guest's tests on the kernels asked for, or on both."""
    at = asked.index("--") if "--" in asked else len(asked)
    asked, words = asked[:at], asked[at + 1 :]
    if unknown := [name for name in asked if name not in KERNELS]:
        print(f"no kernel {', '.join(unknown)}; there are {', '.join(KERNELS)}", file=sys.stderr)
        return 2
    failed = 0
    if not words:
        try:
            failed += _host_failed()
        except Missing as missing:
            print(missing, file=sys.stderr)
            return 2
    for name in asked or KERNELS:
        try:
            kernel = KERNELS[name]()
        except Missing as missing:
            print(missing, file=sys.stderr)
            return 2
        failed += _tested(kernel, words)
    return 1 if failed else 0


def _host_failed() -> bool:
    """Whether our bindings differ from the kernel's headers; needs no machine."""
    environment = {**os.environ, "HEAPWRIGHT_HEADERS": str(headers())}
    print("bindings beside the kernel's headers", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/kernel/host"]
    return subprocess.run(command, cwd=vm.ROOT, env=environment, check=False).returncode != 0


def _tested(kernel: Kernel, words: Sequence[str]) -> bool:
    """Whether the guest's tests failed on this kernel; what they said is printed."""
    print(f"booting {kernel.name}: linux {kernel.version}", flush=True)
    started = time.monotonic()
    shared = vm.scratch(kernel.name)
    code, output = vm.run(kernel, _command(kernel, words), shared, SECONDS)
    print(output, flush=True)
    if (shared / SAID).exists():
        print((shared / SAID).read_text().strip(), flush=True)
    print(f"{kernel.name}: {'passed' if code == 0 else f'exit {code}'} in {time.monotonic() - started:.0f} s")
    if code == 0:
        shutil.rmtree(shared)
    return code != 0


def _command(kernel: Kernel, words: Sequence[str]) -> list[str]:
    if words and not words[0].startswith("-"):
        found = shutil.which(words[0], path=Path(sys.executable).parent)
        return [found or words[0], *words[1:]]
    guest = Path("tests/kernel/guest")
    folders = [str(guest / name) for name in ("both", kernel.name) if (vm.ROOT / guest / name).is_dir()]
    return [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "pytest_timeout",
        *folders,
        *words,
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
