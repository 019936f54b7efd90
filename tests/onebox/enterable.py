"""A Python that other users can run: root's own often lies below a folder that is closed to them."""

from __future__ import annotations

import functools
import os
import stat
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest


def _others_may_run(program: Path) -> bool:
    return all(each.stat().st_mode & stat.S_IXOTH for each in (program, *program.parents))


@functools.cache
def enterable_python() -> str:
    """Ours, if we are no root or everybody may run it; else the system's, with our packages. Skips without."""
    if os.geteuid() != 0 or _others_may_run(Path(sys.executable).resolve()):
        return sys.executable
    theirs = Path(f"/usr/bin/python3.{sys.version_info.minor}")
    packages = Path(sysconfig.get_paths()["purelib"])
    if not theirs.exists() or not _others_may_run(packages / "pydantic"):
        pytest.skip("no Python here that another user could run with our packages")
    made = Path(tempfile.mkdtemp(prefix="nv-python-"))
    made.chmod(0o755)
    subprocess.run([theirs, "-m", "venv", "--without-pip", made], check=True, umask=0o022)
    (own,) = made.glob("lib/python3*/site-packages")
    line = own / "ours.pth"
    line.write_text(f"import site; site.addsitedir({str(packages)!r})\n", encoding="utf-8")
    line.chmod(0o644)
    (made / "bin" / "temporal").symlink_to(Path(sys.executable).parent / "temporal")
    return str(made / "bin" / "python")
