"""What a child process that touches strangers' files may use, set by itself before it touches them."""

import ctypes
import os
import resource
import signal

_PR_SET_PDEATHSIG = 1
_GRACE_CPU_S = 5


def confine(*, memory_bytes: int, cpu_seconds: int, parent_pid: int) -> None:
    """Limit address space, CPU time and core dumps; die with the parent. At the CPU limit SIGXCPU ends the process."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + _GRACE_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
