"""What the kernel lets a process forbid itself by a system call's number (seccomp, Linux 4.14 and later).

Landlock bounds which files are opened, and not whose mode, owner or times are changed: of a file that is its
user's a process hands everybody a secret that it may not even read. A filter looks at numbers and arguments
and never at what they point to, so these calls are refused for every file, also for one's own.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from nextvisit.watch.landlock import forbid_new_rights

_X86_64: Final = (
    # Modes, owners, times and attributes, of which access lists are some.
    90, 91, 268, 452,  # chmod, fchmod, fchmodat, fchmodat2
    92, 93, 94, 260,  # chown, fchown, lchown, fchownat
    132, 235, 261, 280,  # utime, utimes, futimesat, utimensat
    188, 189, 190, 463,  # setxattr, lsetxattr, fsetxattr, setxattrat
    197, 198, 199, 466,  # removexattr, lremovexattr, fremovexattr, removexattrat
    469,  # file_setattr
    # Other processes, and what may see into the kernel.
    101, 310, 311, 438,  # ptrace, process_vm_readv, process_vm_writev, pidfd_getfd
    141, 251,  # setpriority, ioprio_set: of all of a user's processes too
    256, 279, 440, 448,  # migrate_pages, move_pages, process_madvise, process_mrelease
    298, 321, 323,  # perf_event_open, bpf, userfaultfd
    425,  # io_uring_setup: whatever it is told to do passes no filter
    # Another view of the machine.
    155, 161, 165, 166, 272, 308,  # pivot_root, chroot, mount, umount2, unshare, setns
    428, 429, 430, 431, 432, 433, 442, 467,  # open_tree, move_mount, fsopen, fsconfig, fsmount, fspick,
    # mount_setattr, open_tree_attr
    248, 249, 250,  # add_key, request_key, keyctl
)  # fmt: skip
"""Of linux/arch/x86/entry/syscalls/syscall_64.tbl."""

_ARM64: Final = (
    52, 53, 452,  # fchmod, fchmodat, fchmodat2
    54, 55,  # fchownat, fchown
    88,  # utimensat
    5, 6, 7, 463,  # setxattr, lsetxattr, fsetxattr, setxattrat
    14, 15, 16, 466,  # removexattr, lremovexattr, fremovexattr, removexattrat
    469,  # file_setattr
    117, 270, 271, 438,  # ptrace, process_vm_readv, process_vm_writev, pidfd_getfd
    140, 30,  # setpriority, ioprio_set
    238, 239, 440, 448,  # migrate_pages, move_pages, process_madvise, process_mrelease
    241, 280, 282,  # perf_event_open, bpf, userfaultfd
    425,  # io_uring_setup
    41, 51, 40, 39, 97, 268,  # pivot_root, chroot, mount, umount2, unshare, setns
    428, 429, 430, 431, 432, 433, 442, 467,  # as above
    217, 218, 219,  # add_key, request_key, keyctl
)  # fmt: skip
"""Of linux/scripts/syscall.tbl, which 64-bit ARM follows."""

_SET_FLAGS: Final = (0x4008_6602, 0x4004_6602, 0x401C_5820)
"""FS_IOC_SETFLAGS, FS_IOC32_SETFLAGS, FS_IOC_FSSETXATTR of linux/fs.h: a file that nobody can change."""
_CLONE3: Final = 435
_NEW_NAMESPACES: Final = 0x7E02_0000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h)."""

_THREAD: Final = 0x0001_0000
"""CLONE_THREAD (linux/sched.h)."""

_SET_DEATH_SIGNAL: Final = 1
"""PR_SET_PDEATHSIG (linux/prctl.h)."""

_X32: Final = 0x4000_0000
_X32_ALONE: Final = (512, 548)
"""Numbers that x32 has for itself, which older kernels take without its bit as well."""

_SET_MODE_FILTER, _GET_ACTION_AVAIL, _THREADS_TOO = 1, 2, 1
_ALLOW, _FAIL = 0x7FFF_0000, 0x0005_0000
_EPERM, _ENOSYS = 1, 38
_LARGEST_OF_32_BITS: Final = 2**32
# linux/bpf_common.h: load a word, jump if equal, not less, any bit; return.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT, _SECOND_ARGUMENT_AT = 0, 4, 16, 24
"""Of struct seccomp_data (linux/seccomp.h); of an argument the lower half comes first."""

_libc = ctypes.CDLL(None, use_errno=True)

Instruction = tuple[int, int, int, int]
"""Code, how far to jump if so, how far if not, operand."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """audit: AUDIT_ARCH_* of linux/audit.h. The rest: numbers of system calls.

    for_itself: those whose first argument is a process, and that a process may ask for of itself, which is 0.
    forks: those that begin a process and nothing else. lasting: those that make memory which stays when the
    process has ended.
    """

    audit: int
    seccomp: int
    clone: int
    ioctl: int
    for_itself: Sequence[int]
    forbidden: Sequence[int]
    prctl: int
    lasting: Sequence[int]
    forks: Sequence[int] = ()
    has_x32: bool = False


ARCHITECTURES: Final[Mapping[str, Architecture]] = MappingProxyType(
    {
        # shmget, semget, msgget, mq_open; fork, vfork;
        # prlimit64, sched_setparam, sched_setscheduler, sched_setaffinity, sched_setattr
        "x86_64": Architecture(
            0xC000_003E,
            317,
            56,
            16,
            (302, 142, 144, 203, 314),
            _X86_64,
            157,
            lasting=(29, 64, 68, 240),
            forks=(57, 58),
            has_x32=True,
        ),
        "aarch64": Architecture(
            0xC000_00B7,
            277,
            220,
            29,
            (261, 118, 119, 122, 274),
            _ARM64,
            167,
            lasting=(194, 190, 186, 180),
        ),
    }
)
"""By what the system calls them."""


def available() -> bool:
    """Whether this process can be given the filter: the kernel has it, and we know the numbers."""
    here = _here()
    action = ctypes.c_uint32(_FAIL)
    return here is not None and _libc.syscall(here.seccomp, _GET_ACTION_AVAIL, 0, ctypes.byref(action)) == 0


def forbid(*, alone: bool = False) -> None:
    """From now on, and for ever, these calls fail in all of this process's threads and its children.

    alone: it begins no process any more, makes no memory that stays behind it, and ends with who began it, so
    that what is said of it is said of all that it does.

    A call of another architecture fails whatever it is, for its numbers mean something else. Raises OSError
    where the kernel refuses, as it does when `available` is false.
    """
    here = _here()
    if here is None:
        raise OSError(_ENOSYS, "seccomp: no numbers of this architecture are known")
    forbid_new_rights()  # without which nobody but root may set a filter
    instructions = program(here, alone=alone)
    packed = b"".join(struct.pack("=HBBI", *each) for each in instructions)
    held = ctypes.create_string_buffer(packed, len(packed))
    told = struct.pack("@HP", len(instructions), ctypes.addressof(held))
    if _libc.syscall(here.seccomp, _SET_MODE_FILTER, _THREADS_TOO, told):
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")


def _here() -> Architecture | None:
    return ARCHITECTURES.get(platform.machine()) if sys.maxsize > _LARGEST_OF_32_BITS else None


def program(of: Architecture, *, alone: bool = False) -> Sequence[Instruction]:
    """What the kernel runs before each call (linux/Documentation/userspace-api/seccomp_filter.rst)."""
    refuse, unknown = _then(_FAIL | _EPERM), _then(_FAIL | _ENOSYS)
    first_x32, first_common = _X32_ALONE
    threads_alone: list[Instruction] = [(_ANY_BIT, 1, 0, _THREAD), refuse] if alone else []
    forbidden = (*of.forbidden, *of.forks, *of.lasting) if alone else of.forbidden
    dies_with = _by_argument(of.prctl, (_EQUAL, 0, 1, _SET_DEATH_SIGNAL), refuse) if alone else ()
    x32: list[Instruction] = [
        (_AT_LEAST, 0, 1, _X32),
        refuse,
        (_AT_LEAST, 0, 2, first_x32),
        (_AT_LEAST, 1, 0, first_common),
        refuse,
    ]
    return [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, of.audit),
        refuse,
        (_LOAD, 0, 0, _NUMBER_AT),
        *(x32 if of.has_x32 else []),
        # The kernel takes the lower half of a process's number alone, too.
        *(part for number in of.for_itself for part in _by_argument(number, (_EQUAL, 1, 0, 0), refuse)),
        (_EQUAL, 0, len(_SET_FLAGS) + 3, of.ioctl),
        (_LOAD, 0, 0, _SECOND_ARGUMENT_AT),
        *((_EQUAL, len(_SET_FLAGS) - index, 0, each) for index, each in enumerate(_SET_FLAGS)),
        _then(_ALLOW),
        refuse,
        # As `unshare`. What stands in memory cannot be looked at: who asks by clone3 is told to ask by clone.
        (_EQUAL, 0, 1, _CLONE3),
        unknown,
        (_EQUAL, 0, 4 + len(threads_alone), of.clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_ANY_BIT, 0, 1, _NEW_NAMESPACES),
        refuse,
        *threads_alone,
        _then(_ALLOW),
        *dies_with,
        *(part for number in forbidden for part in ((_EQUAL, 0, 1, number), refuse)),
        _then(_ALLOW),
    ]


def _by_argument(number: int, test: Instruction, refuse: Instruction) -> Sequence[Instruction]:
    """test: of the first argument; jumps over the refusal where it may be."""
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        test,
        refuse,
        _then(_ALLOW),
    ]


def _then(action: int) -> Instruction:
    return _RETURN, 0, 0, action
