"""What has to be there, made where it is missing. No key is written over, and no file that was edited."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from nextvisit.install.groundwork import create_root_key
from nextvisit.install.settings import Settings
from nextvisit.onebox.handover import require_program
from nextvisit.onebox.os_users import API, APPLIANCE, POSTGRES, os_user
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import (
    is_empty,
    open_private,
    refuse_exposed,
    refuse_strangers_way,
    write_private,
)
from nextvisit.sdk.settings import reveal
from nextvisit.setup.places import Places
from nextvisit.watch.finding import Finding, Grade, informs, wrong

_RUN = "run `nextvisit setup` without --check"
_API_READS = 0o640


@dataclass(frozen=True, slots=True)
class Maker:
    """changes: False, and it only looks. Each method says in one finding what is there now."""

    places: Places
    changes: bool

    @property
    def root(self) -> bool:
        """Whose processes become users of their own."""
        return os.geteuid() == 0

    def users(self) -> Finding:
        """The three that root's processes become, who can enter what they run."""
        names = (APPLIANCE, API, POSTGRES)
        if not self.root:
            return _fine(f"everything runs as {pwd.getpwuid(os.geteuid()).pw_name}")
        missing = [name for name in names if not _is_user(name)]
        if missing and not self.changes:
            return wrong("setup.users", f"{', '.join(missing)} missing", do=_RUN)
        users = [os_user(name) for name in names]
        require_program(users)
        made = f"; made {', '.join(missing)}" if missing else ""
        return _fine(f"{', '.join(names)}{made}")

    def folders(self) -> Finding:
        """Of the settings, the secrets, the keys and the data."""
        inner = 0o711 if self.root else 0o700
        wanted = {
            self.places.config.parent: 0o755 if self.root else 0o700,
            self.places.secrets: inner,
            self.places.keys: inner,
            self.places.data: inner,
        }
        missing = [each for each in wanted if not each.is_dir()]
        if missing and not self.changes:
            return wrong("setup.folders", f"missing: {_listed(missing)}", do=_RUN)
        for each in missing:
            each.parent.mkdir(parents=True, exist_ok=True)
            each.mkdir(mode=wanted[each])
            each.chmod(wanted[each])
        if self.root:
            for each in (self.places.config.parent, self.places.secrets, self.places.data.parent):
                refuse_strangers_way(each, {0})
        return _fine(f"{_listed(list(wanted))}{f'; made {len(missing)}' if missing else ''}")

    def root_key(self, settings: Settings) -> Finding:
        """Never a second one for data that the first has sealed."""
        file = settings.vault.root_key_file
        if is_empty(file):
            do = "bring it back from its copy; if nothing was sealed under it, remove it and run this again"
            return wrong("setup.key", f"{file} is empty", do=do)
        if file.exists():
            return _fine(f"{file}; its copy belongs into a safe, apart from the database's backups")
        if (self.places.data / "postgres" / "data").exists():
            says = f"{file} is missing, and what {self.places.data} holds is sealed under it"
            return wrong("setup.key", says, do="bring it back from its copy; another key opens nothing of it")
        if not self.changes:
            return wrong("setup.key", f"{file} is missing", do=_RUN)
        file.parent.mkdir(parents=True, exist_ok=True)
        create_root_key(file)
        return informs(
            "setup.key_made", f"made {file}", do="put a copy into a safe now; without it nothing can be read"
        )

    def secret(self, file: Path, told: str | None) -> Finding:
        """One that a connection needs: whoever reads it can, and nobody else. told: where its words are."""
        if file.exists():
            return self._kept(file)
        if told is None:
            do = f"write it there: `umask 077 && cat > {quote(str(file))}`, then run `nextvisit setup` again"
            return wrong("setup.secret", f"{file} is missing", do=do)
        words = reveal(told)
        if not self.changes:
            return wrong("setup.secret", f"{file} is missing", do=_RUN)
        write_private(file, words)
        self._kept(file)
        return _fine(f"wrote {file}")

    def _kept(self, file: Path) -> Finding:
        """Given to its readers, where it is ours to give. Open to others, it is to be changed."""
        if not self.root or file.parent != self.places.secrets:
            return _fine(str(file))
        handle = open_private(file, os.O_RDONLY)
        try:
            found = os.fstat(handle)
            refuse_exposed(file, found)
            group = pwd.getpwnam(API).pw_gid if _is_user(API) else -1
            right = (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (0, group, _API_READS)
            if right:
                return _fine(str(file))
            if not self.changes:
                return wrong("setup.mode", f"{file} is not root:{API} with mode {_API_READS:o}", do=_RUN)
            os.fchown(handle, 0, group)
            os.fchmod(handle, _API_READS)
        finally:
            os.close(handle)
        return _fine(f"{file}; given to {API}")

    def text(self, file: Path, words: str) -> Finding:
        """One that is its administrator's once it is there."""
        if file.exists():
            same = file.read_text(encoding="utf-8") == words
            return _fine(str(file) if same else f"{file}, as you have it")
        if not self.changes:
            return wrong("setup.file", f"{file} is missing", do=_RUN)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, words, mode=0o644 if self.root else 0o600)
        return _fine(f"wrote {file}")


def _fine(says: str) -> Finding:
    return Finding(Grade.OK, says)


def _listed(folders: list[Path]) -> str:
    return ", ".join(map(str, folders))


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def told(error: ConfigError) -> Finding:
    """What stands in the way, with what its words say to do."""
    return wrong("setup.refused", str(error), do="correct it, and run `nextvisit setup` again")
