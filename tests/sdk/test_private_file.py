"""Secrets' files: what others can read or replace is refused, and what we write is ours from the beginning."""

from __future__ import annotations

import os
import resource
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.private_file import LARGEST, open_private, stranger_on_the_way, write_private
from nextvisit.sdk.settings import reveal
from nextvisit.store.vault.keys import Vault
from nextvisit.store.vault.root_key import create_vault_file


@pytest.fixture(autouse=True)
def careless() -> Iterator[None]:
    """Whoever started us forbids nothing: what a file may do is what we said when we made it."""
    before = os.umask(0)
    yield
    os.umask(before)


def secret(folder: Path, mode: int) -> Path:
    file = folder / "secret"
    file.write_text("of the clinic\n", encoding="utf-8")
    file.chmod(mode)
    return file


@contextmanager
def full() -> Iterator[None]:
    """Nothing can be written: no file may have a byte."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_on_a_full_disk_the_file_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    file, key = secret(tmp_path, 0o600), tmp_path / "root.key"
    with full(), pytest.raises(OSError, match=str(file)):
        write_private(file, "other words")
    with full(), pytest.raises(ConfigError, match=str(key)):
        create_vault_file(key)
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]
    assert reveal(f"file:{file}") == "of the clinic"


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440, 0o640])
def test_a_secret_of_its_owner_and_its_group_is_read(mode: int, tmp_path: Path) -> None:
    """A group reads: Kubernetes gives a pod's group its secrets."""
    assert reveal(f"file:{secret(tmp_path, mode)}") == "of the clinic"


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o601, 0o666, 0o620, 0o660])
def test_a_secret_that_others_can_read_or_write_is_refused_with_what_to_run(
    mode: int, tmp_path: Path
) -> None:
    file = secret(tmp_path, mode)
    with pytest.raises(ConfigError, match="run `chmod ") as caught:
        reveal(f"file:{file}")
    assert f"{mode:04o}" in str(caught.value)
    assert str(file) in str(caught.value)
    assert "of the clinic" not in str(caught.value)


def test_what_to_run_is_one_command_whatever_the_file_is_called(tmp_path: Path) -> None:
    """Somebody else may have written its name into the settings, and root copies the line."""
    folder = tmp_path / "a; true $(x) `y`"
    folder.mkdir()
    file = secret(folder, 0o644)
    with pytest.raises(ConfigError) as exposed:
        reveal(f"file:{file}")
    assert f"chmod o-rwx '{file}'" in str(exposed.value)
    folder.chmod(0o777)
    file.chmod(0o600)
    with pytest.raises(ConfigError) as replaceable:
        reveal(f"file:{file}")
    assert f"chmod go-w '{folder}'" in str(replaceable.value)


@given(mode=st.integers(0, 0o777))
def test_no_mode_lets_others_have_a_part_in_it(mode: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """It is read if and only if nobody but owner and group can read, and nobody but the owner write."""
    file = secret(tmp_path_factory.mktemp("modes"), mode | stat.S_IRUSR)
    kept = not mode & 0o027
    try:
        assert reveal(f"file:{file}") == "of the clinic"
    except ConfigError:
        assert not kept
    else:
        assert kept


def test_a_root_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "root.key"
    create_vault_file(key)
    assert stat.S_IMODE(key.stat().st_mode) == 0o400
    key.chmod(0o444)
    with pytest.raises(ConfigError, match="chmod o-rwx"):
        Vault.from_file(key)


def test_a_secret_that_everybody_can_replace_is_refused(tmp_path: Path) -> None:
    """In a folder without the sticky bit, also when only a link's folder is open."""
    shared, kept = tmp_path / "shared", tmp_path / "kept"
    shared.mkdir()
    kept.mkdir(mode=0o700)
    shared.chmod(0o777)
    with pytest.raises(ConfigError, match=f"chmod go-w {shared}"):
        reveal(f"file:{secret(shared, 0o600)}")
    link = shared / "link"
    link.symlink_to(secret(kept, 0o600))
    with pytest.raises(ConfigError, match="chmod go-w"):
        reveal(f"file:{link}")
    shared.chmod(0o1777)
    assert reveal(f"file:{link}") == "of the clinic"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_strangers_file_in_a_folder_for_everybody_is_no_secret_of_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    file = secret(tmp_path, 0o600)
    os.chown(file, 65534, 65534)
    with pytest.raises(ConfigError, match="65534"):
        reveal(f"file:{file}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_secret_that_a_stranger_can_replace_is_refused(tmp_path: Path) -> None:
    """By the folder that it is in, by one above, or by a link on the way."""
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    (theirs / "ours").mkdir(mode=0o755)
    file, link = secret(theirs / "ours", 0o600), tmp_path / "link"
    assert reveal(f"file:{file}") == "of the clinic"
    link.symlink_to(theirs / "ours")
    os.chown(link, 65534, 65534, follow_symlinks=False)
    with pytest.raises(ConfigError, match=f"user 65534 can replace it, whose {link} is"):
        reveal(f"file:{link}/{file.name}")
    os.chown(theirs, 65534, 65534)
    with pytest.raises(ConfigError, match=f"user 65534 can replace it, whose {theirs} is"):
        reveal(f"file:{file}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_secret_that_another_user_shares_with_our_group_is_read(tmp_path: Path) -> None:
    """As the API reads what is `nextvisit`'s."""
    file = secret(tmp_path, 0o640)
    os.chown(file, 65534, os.getegid())
    assert reveal(f"file:{file}") == "of the clinic"
    file.chmod(0o600)
    with pytest.raises(ConfigError, match="user 65534 can replace it"):
        reveal(f"file:{file}")


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        stranger_on_the_way(tmp_path / "a" / "file", {os.geteuid(), 0})


def _pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


def _huge(path: Path) -> None:
    write_private(path, "")
    os.truncate(path, 2**30)


def _latin(path: Path) -> None:
    path.touch(0o600)
    path.write_bytes("zażółć".encode("iso-8859-2"))


@pytest.mark.parametrize(
    ("makes", "says"),
    [
        (_pipe, "no ordinary file"),
        (lambda path: path.mkdir(0o700), "Is a directory"),
        (lambda path: path.symlink_to("/dev/zero"), "no ordinary file"),
        (_huge, "larger than 64 KiB"),
        (_latin, "no UTF-8 text"),
        (lambda path: path.symlink_to(path), "symbolic links"),
        (lambda _: None, "No such file"),
    ],
    ids=["pipe", "folder", "device", "huge", "not text", "endless link", "absent"],
)
def test_what_is_no_secrets_file_is_said_at_once(
    makes: Callable[[Path], None], says: str, tmp_path: Path
) -> None:
    """It neither hangs nor fills the memory."""
    makes(tmp_path / "secret")
    with pytest.raises(ConfigError, match=says):
        reveal(f"file:{tmp_path / 'secret'}")


def test_a_secret_may_be_as_large_as_a_chain_of_certificates(tmp_path: Path) -> None:
    write_private(tmp_path / "chain", "x" * LARGEST)
    assert len(reveal(f"file:{tmp_path / 'chain'}")) == LARGEST


def test_what_we_write_is_ours_alone_and_replaces_a_link_that_was_planted(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.write_text("as it was", encoding="utf-8")
    for planted in (ours, tmp_path / "ours.new"):
        planted.symlink_to(theirs)
    write_private(ours, "secret")
    assert theirs.read_text(encoding="utf-8") == "as it was"
    assert not ours.is_symlink()
    assert stat.S_IMODE(ours.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "plant",
    [
        lambda path, theirs: path.symlink_to(theirs),
        lambda path, _: path.symlink_to(path.with_name("absent")),
        lambda path, theirs: path.hardlink_to(theirs),
        lambda path, _: os.mkfifo(path),
    ],
    ids=["link", "dangling link", "second name", "pipe"],
)
def test_what_was_planted_where_we_append_is_refused(
    plant: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("as it was", encoding="utf-8")
    plant(tmp_path / "log", theirs)
    with pytest.raises(ConfigError, match="see who put it there"):
        os.write(open_private(tmp_path / "log", os.O_RDWR | os.O_APPEND), b"patient")
    assert theirs.read_text(encoding="utf-8") == "as it was"
    assert not (tmp_path / "absent").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to groups")
def test_a_group_other_than_root_s_or_a_list_of_who_may_write_makes_it_a_stranger_s(tmp_path: Path) -> None:
    file = secret(tmp_path, 0o660)
    assert stranger_on_the_way(file, {0}) is None
    os.chown(file, 0, 33)
    assert stranger_on_the_way(file, {0}) == file
    os.chown(file, 0, 0)
    # POSIX.1e, as Linux keeps it: owner rw, user 65533 rw, group rw, at most rw, others none.
    entries = [(1, 6, -1), (2, 6, 65533), (4, 6, -1), (16, 6, -1), (32, 0, -1)]
    packed = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *each) for each in entries)
    try:
        os.setxattr(file, "system.posix_acl_access", packed)
    except OSError:
        pytest.skip("this file system keeps no such lists")
    assert stranger_on_the_way(file, {0}) == file
