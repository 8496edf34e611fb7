"""What this process may use of the machine: cores and memory, also inside a container."""

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
CORES = Path("/sys/devices/system/cpu")

# GNU's OpenMP has threads that wait for each other spin without end, hundreds of times a token or
# an encoding. When anything else wants the cores too, one spins while the other cannot run: what
# took milliseconds takes seconds. Spinning only briefly costs nothing on a quiet machine; see
# docs/evaluation.md.
SPINS = "2000"


def calm_openmp() -> None:
    """Have OpenMP's threads spin only briefly, here and in child processes.

    To be called before torch is loaded. A person's own setting goes first.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)


def cores() -> int:
    """Return how many cores can compute at the same time.

    Counted are those that the process may run on (taskset, a container's cpuset), two threads of
    one core as one, and no more than a container's quota pays for: ggml's threads wait for each
    other after every step, so a thread that has to share a core slows all of them down.
    """
    if not hasattr(os, "sched_getaffinity"):  # macOS
        return os.cpu_count() or 1
    allowed = os.sched_getaffinity(0)
    real = {_siblings(number) for number in allowed}
    return max(1, min([len(real), *map(math.ceil, _quotas())]))


def memory_bytes() -> int | None:
    """Return the memory that the machine, or the container, has; None where it is not known."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError, AttributeError):
        return None
    limits = [_number(folder / "memory.max") for folder in _groups()]
    limits.append(_number(CGROUPS / "memory/memory.limit_in_bytes"))  # cgroups' first version
    return min([machine, *(limit for limit in limits if limit is not None)])


def _siblings(core: int) -> str:
    """Return the threads of the core that this one belongs to, like `0,4`."""
    try:
        return (CORES / f"cpu{core}/topology/thread_siblings_list").read_text("ascii").strip()
    except OSError:
        return str(core)


def _quotas() -> list[float]:
    """Return how many cores' time the control groups grant."""
    found = []
    for folder in _groups():
        quota, _, period = _text(folder / "cpu.max").partition(" ")
        if quota.isdigit() and period.strip().isdigit():
            found.append(int(quota) / int(period))
    first = CGROUPS / "cpu"  # cgroups' first version; a quota of -1 is none
    quota_us, period_us = _number(first / "cpu.cfs_quota_us"), _number(first / "cpu.cfs_period_us")
    if quota_us and period_us:
        found.append(quota_us / period_us)
    return found


def _groups() -> list[Path]:
    """Return the folders of this process's control group and of those around it."""
    for line in _text(Path("/proc/self/cgroup")).splitlines():
        if line.startswith("0::"):
            inner = CGROUPS / line[3:].strip().lstrip("/")
            return [inner, *(p for p in inner.parents if p.is_relative_to(CGROUPS))]
    return [CGROUPS]


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return ""
