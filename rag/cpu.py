"""The cores and the memory that this process may use, also inside a container."""

import contextlib
import ctypes
import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
CORES = Path("/sys/devices/system/cpu")

# GNU's OpenMP lets threads that wait for each other spin endlessly, hundreds of times per token or
# encoding. If another program needs the cores too, one thread spins while the other cannot run, and
# milliseconds become seconds. A short spin costs nothing on an idle machine; see
# docs/evaluation.md.
SPIN_COUNT = "2000"
KERNELS = "64"  # that torch and oneDNN keep: those of about ten shapes of a batch


def limit_openmp_spinning() -> None:
    """Make OpenMP's threads spin only briefly, here and in child processes.

    Call it before torch is loaded. OMP_WAIT_POLICY and GOMP_SPINCOUNT take precedence if set.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)


def limit_kernel_caches() -> None:
    """Make torch and oneDNN keep the kernels of a few shapes only, here and in child processes.

    They keep 1,024 each by default. As hardly two batches of texts have the same shape, an ingest
    would grow by two megabytes a batch, and gain nothing. Call it before torch is loaded.
    """
    for name in ("LRU_CACHE_CAPACITY", "ONEDNN_PRIMITIVE_CACHE_CAPACITY"):
        os.environ.setdefault(name, KERNELS)


def cores() -> int:
    """Return how many cores can compute at the same time.

    Counts the physical cores that the process may run on (taskset, a container's cpuset), up to a
    container's CPU quota. ggml's threads wait for each other after every step, so that a thread
    that shares a core slows all of them down.
    """
    if not hasattr(os, "sched_getaffinity"):  # macOS
        return os.cpu_count() or 1
    allowed = os.sched_getaffinity(0)
    physical = {_siblings(number) for number in allowed}
    return max(1, min([len(physical), *map(math.ceil, _quotas())]))


def openmp_threads() -> int:
    """Return how many threads torch may use: `$OMP_NUM_THREADS`, else one per core."""
    limit = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(limit) if limit.isdecimal() and int(limit) else cores()


def memory_bytes() -> int | None:
    """Return the memory of the machine or the container; None if it is not known."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError, AttributeError):
        return None
    limits = [_number(folder / "memory.max") for folder in _groups()]
    limits.append(_number(CGROUPS / "memory/memory.limit_in_bytes"))  # cgroups v1
    return min([machine, *(limit for limit in limits if limit is not None)])


def release_memory() -> None:
    """Give freed memory back to the system, where the C library can (glibc).

    Tensors of ever different sizes leave gaps between them: a long ingest grows by hundreds of MB.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _siblings(core: int) -> str:
    """Return the threads that share a core with this one, like `0,4`."""
    try:
        return (CORES / f"cpu{core}/topology/thread_siblings_list").read_text("ascii").strip()
    except OSError:
        return str(core)


def _quotas() -> list[float]:
    """Return the CPU quotas of the control groups, in cores."""
    found = []
    for folder in _groups():
        quota, _, period = _text(folder / "cpu.max").partition(" ")
        if quota.isdigit() and period.strip().isdigit():
            found.append(int(quota) / int(period))
    first = CGROUPS / "cpu"  # cgroups v1; a quota of -1 means none
    quota_us, period_us = _number(first / "cpu.cfs_quota_us"), _number(first / "cpu.cfs_period_us")
    if quota_us and period_us:
        found.append(quota_us / period_us)
    return found


def _groups() -> list[Path]:
    """Return the folders of this process's control group and of its parents."""
    for line in _text(Path("/proc/self/cgroup")).splitlines():
        if line.startswith("0::"):
            own = CGROUPS / line[3:].strip().lstrip("/")
            return [own, *(p for p in own.parents if p.is_relative_to(CGROUPS))]
    return [CGROUPS]


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return ""
