"""`python -m tests.kernel [stock] [truth] [-- WORDS]`: the tests that ask a real kernel, in machines of their own.

Both run side by side. Before that, on this machine: our bindings beside the kernel's headers. What follows `--` goes to pytest inside (`-- -k heap`); where it begins with the name of
a program instead (`-- python -c '…'`, `-- heapwright discover`), that program runs.
Exit codes: 0 all passed, 1 a test failed or a machine died, 2 a kernel cannot be had here, 130 interrupted.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.kernel import vm
from tests.kernel.kernels import Kernel, headers, stock, truth
from tests.kernel.needs import Missing

KERNELS: Final[dict[str, Callable[[], Kernel]]] = {"stock": stock, "truth": truth}
GUEST: Final = Path("tests/kernel/guest")
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
    try:
        if not words:
            failed += _host_failed()
        kernels = [KERNELS[name]() for name in asked or KERNELS]
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 2
    _compile()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ThreadPoolExecutor(len(kernels)) as pool:
        try:
            failed += sum(pool.map(lambda kernel: _tested(kernel, words), kernels))
        except KeyboardInterrupt:
            vm.end_all()
            return 130
    return 1 if failed else 0


def _compile() -> None:
    """Have everything compiled that the machines will import: in there it would take a minute."""
    environment = {**os.environ, "HEAPWRIGHT_VM": "none", "HEAPWRIGHT_SHARED": str(vm.ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--collect-only", str(GUEST)]
    subprocess.run(command, cwd=vm.ROOT, env=environment, stdout=subprocess.DEVNULL, check=False)


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
    said = (shared / SAID).read_text().strip() + "\n" if (shared / SAID).exists() else ""
    how = "passed" if code == 0 else f"exit {code}"
    took = time.monotonic() - started
    print(f"{output}\n{said}{kernel.name}: {how} in {took:.0f} s\n", end="", flush=True)
    if code == 0:
        shutil.rmtree(shared)
    return code != 0


def _command(kernel: Kernel, words: Sequence[str]) -> list[str]:
    if words and not words[0].startswith("-"):
        found = shutil.which(words[0], path=Path(sys.executable).parent)
        return [found or words[0], *words[1:]]
    folders = [str(GUEST / name) for name in ("both", kernel.name) if (vm.ROOT / GUEST / name).is_dir()]
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
