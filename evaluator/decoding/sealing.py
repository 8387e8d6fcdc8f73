"""Limits this process to what a decoder needs: memory, time, and a few system calls.

The decoder calls it once all its modules are loaded. The filter of system calls lists those that
are allowed; any other fails with EPERM, so that an unforeseen call is an error of one file.
"""

import ctypes
import platform
import resource
import struct
import sys

MEMORY_BYTES = 1536 * 2**20
CPU_SECONDS_A_FILE = 30
CPU_SECONDS_IN_ALL = 600
OPEN_FILES = 32

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_SECCOMP_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _FAIL_WITH_EPERM = 0x7FFF0000, 0x00050001
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16


_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ARCHITECTURES = ("x86_64", "aarch64")
_SECCOMP, _PRLIMIT = (317, 277), (302, 261)

_ALLOWED = {
    "brk": (12, 214),
    "clock_gettime": (228, 113),
    "close": (3, 57),
    "dup": (32, 23),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "fcntl": (72, 25),
    "fstat": (5, 80),
    "futex": (202, 98),
    "getpid": (39, 172),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    "gettid": (186, 178),
    "lseek": (8, 62),
    "madvise": (28, 233),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "munmap": (11, 215),
    "pread64": (17, 67),
    "read": (0, 63),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_getaffinity": (204, 123),
    "sched_yield": (24, 124),
    "sigaltstack": (131, 132),
    "write": (1, 64),
}
"""Numbers on both architectures, from the kernel's tables."""


def seal() -> None:
    """Limit this process, then filter its system calls where the kernel supports that."""
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    allow_another_file()
    _filter_calls()


def allow_another_file() -> None:
    """Grant the CPU time of one more file, up to that of a whole submission."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS_A_FILE
    hard = CPU_SECONDS_IN_ALL + CPU_SECONDS_A_FILE
    resource.setrlimit(resource.RLIMIT_CPU, (min(seconds, hard), hard))


def _filter_calls() -> None:
    machine = platform.machine()
    if not sys.platform.startswith("linux") or machine not in _ARCHITECTURES:
        return
    index = _ARCHITECTURES.index(machine)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    program = _program(_AUDIT[machine], index)
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: number of instructions, padding, pointer to them.
    described = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    libc.syscall(
        ctypes.c_long(_SECCOMP[index]),
        ctypes.c_ulong(_SECCOMP_SET_MODE_FILTER),
        ctypes.c_ulong(_ALL_THREADS),
        described,
    )


def _program(audit: int, index: int) -> bytes:
    """Return classic BPF: allow listed calls and one's own prlimit, on this architecture."""
    return b"".join(
        (
            _instruction(_LOAD, _ARCHITECTURE_AT),
            _instruction(_JUMP_IF_EQUAL, audit, skip_if_so=1),
            _instruction(_RETURN, _FAIL_WITH_EPERM),
            _instruction(_LOAD, _NUMBER_AT),
            *(
                _instruction(_JUMP_IF_EQUAL, number, skip_if_not=1) + _instruction(_RETURN, _ALLOW)
                for number in sorted(numbers[index] for numbers in _ALLOWED.values())
            ),
            _instruction(_JUMP_IF_EQUAL, _PRLIMIT[index], skip_if_not=3),
            _instruction(_LOAD, _FIRST_ARGUMENT_AT),
            _instruction(_JUMP_IF_EQUAL, 0, skip_if_not=1),
            _instruction(_RETURN, _ALLOW),
            _instruction(_RETURN, _FAIL_WITH_EPERM),
        )
    )


def _instruction(code: int, value: int, skip_if_so: int = 0, skip_if_not: int = 0) -> bytes:
    return struct.pack("HBBI", code, skip_if_so, skip_if_not, value)
