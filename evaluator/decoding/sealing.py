"""Takes from this process what a decoder does not need: memory, time, files, network, programs.

The decoder calls it once all its modules are loaded. The filter of system calls is a list of what
is allowed; anything else fails with EPERM, so that an unforeseen call ends in an error about one
file. A filter that the kernel refuses is an error: no file is read without it.
"""

import ctypes
import fcntl
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass

MEMORY_BYTES = 1536 * 2**20
CPU_SECONDS_A_FILE = 30
CPU_SECONDS_IN_ALL = 600
OPEN_FILES = 32

DECODER_ID = 65_533
"""User and group that a decoder of root becomes: nobody else's, so that it owns nothing."""

OUT_OF_CPU_TIME_STATUS = int(signal.SIGXCPU)
"""Exit status of a decoder that has used up its CPU time."""

SEALED_LINE = b"sealed\n"
"""Written by a decoder before it reads any file: only then may its exit status be its own."""

REFUSED_STATUS = 78
"""EX_CONFIG of sysexits.h: exit status of a decoder that could not be sealed."""

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_SECCOMP_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _FAIL_WITH_EPERM = 0x7FFF0000, 0x00050001
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_ARGUMENT_BYTES = _INSTRUCTION_BYTES = 8

_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ARCHITECTURES = ("x86_64", "aarch64")
_SECCOMP = (317, 277)

_ALLOWED = {
    "brk": (12, 214),
    "clock_gettime": (228, 113),
    "close": (3, 57),
    "dup": (32, 23),
    "exit": (60, 93),
    "exit_group": (231, 94),
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
    "sched_yield": (24, 124),
    "sigaltstack": (131, 132),
    "write": (1, 64),
}
"""Numbers on both architectures, from the kernel's tables."""


@dataclass(frozen=True, slots=True)
class _Condition:
    """A call that is allowed only where the low half of one argument has one of these values."""

    numbers: tuple[int, int]
    argument: int
    values: tuple[int, ...]


_CONDITIONS: Mapping[str, _Condition] = {
    # F_SETOWN, F_SETSIG and O_ASYNC would have the kernel signal any process of the same user.
    "fcntl": _Condition((72, 25), 1, (fcntl.F_GETFD, fcntl.F_GETFL)),
    # Of this process alone: with other numbers they tell which processes there are.
    "prlimit64": _Condition((302, 261), 0, (0,)),
    "sched_getaffinity": _Condition((204, 123), 0, (0,)),
}


class SealingError(Exception):
    """The kernel refused what a decoder is sealed by."""


def seal() -> None:
    """Limit this process, give up its user where it is root, then filter its system calls.

    Raises
    ------
    SealingError
        When the kernel refuses the filter. Systems without such filters (not Linux, or another
        processor) have the limits alone, which `confinement_level` tells.
    """
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
    _exit_when_out_of_cpu_time()
    allow_another_file()
    _give_up_user()
    _filter_calls()


def allow_another_file() -> None:
    """Grant the CPU time of one more file, up to that of a whole submission."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS_A_FILE
    hard = CPU_SECONDS_IN_ALL + CPU_SECONDS_A_FILE
    resource.setrlimit(resource.RLIMIT_CPU, (min(seconds, hard), hard))


def _exit_when_out_of_cpu_time() -> None:
    """Have the C library end this process at SIGXCPU, whatever it is in the midst of.

    The first process of a namespace ignores a signal that it has no handler for.
    """
    libc = ctypes.CDLL(None)
    libc.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    exit_at_once = ctypes.cast(libc["_exit"], ctypes.c_void_p)
    libc.signal(signal.SIGXCPU, exit_at_once)


def _give_up_user() -> None:
    """Become a user that owns nothing, where this process may change users.

    The kernel then forgets that this process dies with its parent, so it is told again: a decoder
    that hangs would outlive whoever ended it.
    """
    if os.geteuid() != 0:
        return
    try:
        os.setgroups([])
        os.setresgid(DECODER_ID, DECODER_ID, DECODER_ID)
        os.setresuid(DECODER_ID, DECODER_ID, DECODER_ID)
    except OSError:  # root of a namespace that has no other user
        return
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _filter_calls() -> None:
    machine = platform.machine()
    if not sys.platform.startswith("linux") or machine not in _ARCHITECTURES:
        return
    index = _ARCHITECTURES.index(machine)
    libc = ctypes.CDLL(None, use_errno=True)
    _require(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _require(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")
    program = _program(_AUDIT[machine], index)
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: number of instructions, padding, pointer to them.
    described = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    installed = libc.syscall(
        ctypes.c_long(_SECCOMP[index]),
        ctypes.c_ulong(_SECCOMP_SET_MODE_FILTER),
        ctypes.c_ulong(_ALL_THREADS),
        described,
    )
    _require(installed, "seccomp")


def _require(result: int, name: str) -> None:
    """Refuse to go on unless a call of the C library returned 0."""
    if result != 0:
        raise SealingError(f"the kernel refuses {name}: {os.strerror(ctypes.get_errno())}")


def _program(audit: int, index: int) -> bytes:
    """Return classic BPF: this architecture, and an allowed call or argument; else EPERM."""
    return b"".join(
        (
            _instruction(_LOAD, _ARCHITECTURE_AT),
            _instruction(_JUMP_IF_EQUAL, audit, skip_if_so=1),
            _instruction(_RETURN, _FAIL_WITH_EPERM),
            _instruction(_LOAD, _NUMBER_AT),
            *(
                _allow_if_equal(number)
                for number in sorted(one[index] for one in _ALLOWED.values())
            ),
            *(_conditional_call(condition, index) for condition in _CONDITIONS.values()),
            _instruction(_RETURN, _FAIL_WITH_EPERM),
        )
    )


def _conditional_call(condition: _Condition, index: int) -> bytes:
    """Return the part that decides about one call by one argument."""
    allowed = b"".join(_allow_if_equal(value) for value in condition.values)
    decision = b"".join(
        (
            _instruction(_LOAD, _ARGUMENTS_AT + condition.argument * _ARGUMENT_BYTES),
            allowed,
            _instruction(_RETURN, _FAIL_WITH_EPERM),
        )
    )
    n_skipped = len(decision) // _INSTRUCTION_BYTES
    return _instruction(_JUMP_IF_EQUAL, condition.numbers[index], skip_if_not=n_skipped) + decision


def _allow_if_equal(value: int) -> bytes:
    return _instruction(_JUMP_IF_EQUAL, value, skip_if_not=1) + _instruction(_RETURN, _ALLOW)


def _instruction(code: int, value: int, skip_if_so: int = 0, skip_if_not: int = 0) -> bytes:
    return struct.pack("HBBI", code, skip_if_so, skip_if_not, value)
