"""A virtual machine that runs one command on one of the kernels, with this checkout and its venv inside.

QEMU without KVM, booted by virtme-ng on the machine's own files, read-only. What
the guest has to say comes back through one folder that both sides write.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.kernel.kernels import Kernel, cache

MEMORY: Final = "2G"
"""q35 has the first 2 GiB below 4 GiB: more would bring bounce buffers in."""
ROOT: Final = Path(__file__).parents[2]
DEVICES: Final = (
    "-device bochs-display",
    "-device virtio-gpu-pci",
    "-fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap",
    "-device virtio-9p-pci,fsdev=host,mount_tag=host",
    "-global virtio-serial-pci.max_ports=2",
)
"""The file system is this machine's files once more: virtme-ng mounts them without a cache, and nobody changes
them while a machine runs. Every port that a console could have is a descriptor to wait for."""
GUEST: Final = """\
touch {shared}/begun
mkdir -p /run/host
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,access=any,cache=loose,ro host /run/host
for each in /usr {root}; do mount --bind /run/host$each $each; done
mount -t debugfs none /sys/kernel/debug 2>/dev/null
mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null
ulimit -n 4096
cd {root}
export HEAPWRIGHT_VM={name} HEAPWRIGHT_SHARED={shared} PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
export PYTEST_DISABLE_PLUGIN_AUTOLOAD=1  # importing them all takes most of a minute in there
modprobe -d {modules} vivid n_devs=2 allocators=0,1
modprobe -a -d {modules} udmabuf vgem bochs virtio-gpu vkms vim2m vicodec heapwright_protected 2>/dev/null
{{ {command}; echo $? > {shared}/exit; }} > {shared}/output 2>&1
sync
"""


def run(kernel: Kernel, command: Sequence[str], shared: Path, seconds: int = 600) -> tuple[int, str]:
    """Run `command` as root inside; its exit code (124 if the machine never told one) and its output.

    A machine that dies before the command begins is booted once more: an emulated processor
    now and then loses a race that real ones do not have.
    """
    shared.mkdir(parents=True, exist_ok=True)
    script = shared / "guest.sh"
    for left in ("begun", "exit", "output"):
        (shared / left).unlink(missing_ok=True)
    script.write_text(
        GUEST.format(
            root=ROOT, name=kernel.name, shared=shared, modules=kernel.root, command=shlex.join(command)
        )
    )
    (shared / "output").touch()
    binaries = Path(sys.executable).parent
    machine = [
        str(binaries / "vng"), "--verbose", "--disable-kvm", "--disable-microvm", "-r", str(kernel.image),
        "--user", "root", "-m", MEMORY, "--cpus", "1", "--rwdir", str(shared),
        "--append", f"root=/dev/root {kernel.command_line}",
        f"--qemu-opts={' '.join(DEVICES)}",
        "--", f"sh {script}",
    ]  # fmt: skip
    _boot(machine, shared, seconds)
    if not (shared / "begun").exists() and not _over.is_set():
        print(f"{kernel.name} died while it booted; once more", flush=True)
        _boot(machine, shared, seconds)
    output = (shared / "output").read_text(errors="replace")
    told = shared / "exit"
    if not told.exists() or not told.read_text().strip():
        return (
            124,
            output + f"\nthe machine said no more; the end of its console:\n{_tail(shared / 'console')}",
        )
    return int(told.read_text()), output


def _boot(machine: Sequence[str], shared: Path, seconds: int) -> None:
    """Wait until the machine is off, at most so long."""
    binaries = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{binaries}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
    with (shared / "console").open("w") as sink:
        process = subprocess.Popen(
            machine,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=environment,
            start_new_session=True,
        )
        _running.append(process)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _running.remove(process)
            _end(process)


_running: Final[list[subprocess.Popen[bytes]]] = []
_over: Final = threading.Event()


def end_all() -> None:
    """Take every machine down for good; who waits for one goes on."""
    _over.set()
    for process in tuple(_running):
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Take the whole machine down, however far it got."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-40:])


def scratch(name: str) -> Path:
    """A fresh folder that host and guest share, for one machine."""
    shared = cache() / "shared"
    shared.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=shared))
