"""`plugins_dir`: plugins of one file each, for trials."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nextvisit.install.plugins import load_plugins
from nextvisit.sdk.errors import ConfigError
from tests.distributions import Install, right


@pytest.fixture
def trials(tmp_path: Path) -> Path:
    """The folder, with one that is right."""
    folder = tmp_path / "trials"
    folder.mkdir(mode=0o755)
    (folder / "mine.py").write_text(right("mine"), encoding="utf-8")
    (folder / "mine.py").chmod(0o644)
    return folder


def test_a_file_is_a_plugin_that_is_called_as_it(trials: Path) -> None:
    """It is said to be one on trial, and where it lies."""
    (trials / "notes.txt").write_text("no plugin", encoding="utf-8")
    found = load_plugins([], wanted={"mine"}, trials=trials)
    assert set(found.mis_adapters) == {"mine"}
    (listed,) = found.installed
    assert (listed.name, listed.distribution, listed.version) == ("mine", str(trials / "mine.py"), "trial")
    assert found.mis_adapters["mine"].build.__module__ == "nextvisit_trial_mine"


def test_one_that_nobody_names_is_not_run(trials: Path) -> None:
    (trials / "theirs.py").write_text("raise SystemExit('run')", encoding="utf-8")
    assert set(load_plugins([], wanted={"mine"}, trials=trials).mis_adapters) == {"mine"}


def test_one_that_is_wrong_is_told_with_its_line(trials: Path) -> None:
    (trials / "mine.py").write_text("\nraise ValueError('hunter2')", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_plugins([], wanted={"mine"}, trials=trials)
    assert caught.value.place == f"plugin {trials}/mine.py"
    assert caught.value.why == f"importing it failed with ValueError, in {trials}/mine.py, line 2"


def test_it_may_have_dataclasses_and_leaves_nothing_beside_it(trials: Path) -> None:
    (trials / "mine.py").write_text(
        f"from __future__ import annotations\nfrom dataclasses import dataclass\n{right('mine')}\n"
        "@dataclass\nclass Kept:\n    at: int\n",
        encoding="utf-8",
    )
    load_plugins([], wanted={"mine"}, trials=trials)
    assert [each.name for each in trials.iterdir()] == ["mine.py"]


def test_one_that_is_called_as_an_installed_one_is_refused_with_both(trials: Path, install: Install) -> None:
    install("mine", right("mine"))
    with pytest.raises(ConfigError, match=f"acme-mine and {trials}/mine.py are both called `mine`"):
        load_plugins(wanted={"mine"}, trials=trials)


def _given_away(folder: Path) -> None:
    os.chown(folder / "mine.py", 65_534, -1)


def _a_pipe(folder: Path) -> None:
    (folder / "mine.py").unlink()
    os.mkfifo(folder / "mine.py")


def _a_link(folder: Path) -> None:
    (folder / "mine.py").rename(folder / "mine.txt")
    (folder / "mine.py").symlink_to(folder / "mine.txt")


OPEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "everybody": (lambda folder: (folder / "mine.py").chmod(0o646), "can write to it (mode 0646); run `chmod go-w "),
    "a group": (lambda folder: (folder / "mine.py").chmod(0o664), "can write to it (mode 0664); run `chmod go-w "),
    "everybody, its folder": (lambda folder: folder.chmod(0o777), "can write to it (mode 0777); run `chmod go-w "),
    "a group, its folder": (lambda folder: folder.chmod(0o775), "can write to it (mode 0775); run `chmod go-w "),
    "a link": (_a_link, "it has to be an ordinary file"),
    "a pipe": (_a_pipe, "it has to be an ordinary file"),
}  # fmt: skip


@pytest.mark.parametrize("how", OPEN)
def test_what_others_may_write_is_not_run(trials: Path, how: str) -> None:
    (trials / "mine.py").write_text("raise SystemExit('run')", encoding="utf-8")
    alter, says = OPEN[how]
    alter(trials)
    with pytest.raises(ConfigError) as caught:
        load_plugins([], wanted={"mine"}, trials=trials)
    assert caught.value.code == "plugin.trials"
    assert says in caught.value.why


@pytest.mark.skipif(os.geteuid() != 0, reason="nobody else can give a file away")
def test_what_is_another_user_s_is_not_run(trials: Path) -> None:
    _given_away(trials)
    with pytest.raises(ConfigError, match="is user 65534's, and only root's and our own code is run"):
        load_plugins([], wanted={"mine"}, trials=trials)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"plugins_dir: No such file or directory: {tmp_path}/absent"):
        load_plugins([], wanted=(), trials=tmp_path / "absent")
