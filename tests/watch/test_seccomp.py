"""The filter itself: run as the kernel runs it for each architecture, and in a process that has threads."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nextvisit.watch import seccomp
from nextvisit.watch.seccomp import ARCHITECTURES, Architecture

filtered = pytest.mark.skipif(not seccomp.available(), reason="no system call is filtered here")

ALLOWED, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
TABLE = Path("/usr/include/asm-generic/unistd.h")
NAMES = set(
    """chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat utimensat setxattr
    lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat file_setattr ptrace
    process_vm_readv process_vm_writev pidfd_getfd perf_event_open bpf userfaultfd io_uring_setup pivot_root
    chroot mount umount2 unshare setns open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr open_tree_attr
    add_key request_key keyctl setpriority ioprio_set migrate_pages move_pages process_madvise process_mrelease""".split()  # noqa: SIM905
)


def met(
    by: Architecture,
    number: int,
    first: int = 0,
    second: int = 0,
    *,
    audit: int | None = None,
    alone: bool = False,
) -> int:
    """What the program of one architecture answers to a call."""
    loaded = {0: number, 4: by.audit if audit is None else audit}
    for at, argument in ((16, first), (24, second)):
        loaded |= {at: argument & 0xFFFFFFFF, at + 4: argument >> 32}
    at, value, instructions = 0, 0, seccomp.program(by, alone=alone)
    while True:
        code, so, otherwise, operand = instructions[at]
        at += 1
        match code:
            case 0x20:
                value = loaded[operand]
            case 0x15:
                at += so if value == operand else otherwise
            case 0x35:
                at += so if value >= operand else otherwise
            case 0x45:
                at += so if value & operand else otherwise
            case 0x06:
                return operand


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_what_is_forbidden_is_refused_and_nothing_else(name: str) -> None:
    by = ARCHITECTURES[name]
    others = set(range(1000)) - set(by.forbidden) - {435}
    x32 = set(range(512, 548)) if by.has_x32 else set()
    assert {met(by, each) for each in [*by.forbidden, *x32]} == {EPERM}
    assert {met(by, each) for each in others - x32} == {ALLOWED}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_number_of_another_architecture_is_refused_whatever_it_means_there(name: str) -> None:
    by = ARCHITECTURES[name]
    for other in (0x40000003, 0x40000028, *({each.audit for each in ARCHITECTURES.values()} - {by.audit})):
        assert {met(by, each, audit=other) for each in range(600)} == {EPERM}
    if by.has_x32:
        assert {met(by, 0x40000000 | each) for each in range(600)} == {EPERM}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_limits_and_new_processes_are_judged_by_their_argument(name: str) -> None:
    by = ARCHITECTURES[name]
    for number in by.for_itself:
        assert [met(by, number, pid) for pid in (0, 1, 0xFFFFFFFF)] == [ALLOWED, EPERM, EPERM]
    threads, forks = 0x3D0F00, 0x1200011
    assert [met(by, by.clone, flags) for flags in (threads, forks)] == [ALLOWED, ALLOWED]
    for bit in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert met(by, by.clone, threads | bit) == EPERM
    assert met(by, 435) == ENOSYS


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_who_is_alone_begins_nothing_that_outlives_it_and_still_has_threads(name: str) -> None:
    by = ARCHITECTURES[name]
    threads, forks, spawns = 0x3D0F00, 0x1200011, 0x4111
    asked = [met(by, by.clone, flags, alone=True) for flags in (threads, forks, spawns)]
    assert asked == [ALLOWED, EPERM, EPERM]
    assert {met(by, number, alone=True) for number in (*by.forks, *by.lasting)} == {EPERM}
    assert [met(by, by.prctl, option, alone=True) for option in (1, 2, 15, 38)] == [EPERM, *[ALLOWED] * 3]
    assert met(by, by.prctl, 1) == ALLOWED
    others = set(range(1000)) - {*by.forbidden, *by.forks, *by.lasting, by.clone, 435}
    x32 = set(range(512, 548)) if by.has_x32 else set()
    assert {met(by, each, alone=True) for each in others - x32} == {ALLOWED}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_no_file_is_made_one_that_nobody_can_change(name: str) -> None:
    """FS_IOC_SETFLAGS, FS_IOC32_SETFLAGS, FS_IOC_FSSETXATTR; what asks of flags, or of a terminal, is let be."""
    by = ARCHITECTURES[name]
    assert {met(by, by.ioctl, 3, wanted) for wanted in (0x40086602, 0x40046602, 0x401C5820)} == {EPERM}
    asked = (0x80086601, 0x801C581F, 0x5401, 0x5413, 0x541B, 0x8910, 0)
    assert {met(by, by.ioctl, 3, wanted) for wanted in asked} == {ALLOWED}


@pytest.mark.skipif(not TABLE.exists(), reason="the kernel's headers are not installed")
def test_the_numbers_of_arm64_are_the_kernel_s() -> None:
    """As far as the table that is installed here goes; fchmodat and what is later have no other name there."""
    table = {
        name: int(number) for name, number in re.findall(r"__NR_(\w+) (\d+)\n", TABLE.read_text("ascii"))
    }
    ours = set(ARCHITECTURES["aarch64"].forbidden)
    assert {table[name] for name in NAMES & table.keys()} == ours & set(table.values())
    by_argument = ("prlimit64", "sched_setparam", "sched_setscheduler", "sched_setaffinity", "sched_setattr")
    assert [table[each] for each in by_argument] == list(ARCHITECTURES["aarch64"].for_itself)
    assert [table[each] for each in ("seccomp", "clone", "ioctl")] == [277, 220, 29]


@filtered
def test_every_thread_is_bound_and_every_number_is_refused(tmp_path: Path) -> None:
    """Also a thread that was there before."""
    program = f"""
import ctypes, errno, json, os, sys
from concurrent.futures import ThreadPoolExecutor
from nextvisit.watch import seccomp
libc = ctypes.CDLL(None, use_errno=True)
def refused(number):
    libc.syscall(number, *[ctypes.c_long(-1)] * 6)
    return errno.errorcode[ctypes.get_errno()]
pool = ThreadPoolExecutor(1)
pool.submit(os.getpid).result()
seccomp.forbid()
numbers = seccomp.ARCHITECTURES[{platform.machine()!r}].forbidden
print(json.dumps([list({{refused(each) for each in numbers}}), pool.submit(refused, numbers[0]).result(), refused(435)]))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path
    )
    assert json.loads(run.stdout) == [["EPERM"], "EPERM", "ENOSYS"]


def test_of_an_architecture_whose_numbers_nobody_knows_no_filter_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its numbers mean something else."""
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert not seccomp.available()
    with pytest.raises(OSError, match="architecture"):
        seccomp.forbid()
