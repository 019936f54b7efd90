"""A plugin from its wheel into the environment that runs us: no network, and nothing of the plugin is run."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, PathDistribution, distribution
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.utils import canonicalize_name

from nextvisit.install.contents import content_of
from nextvisit.install.plugin_source import PluginSource, sources_of
from nextvisit.install.plugins import CATALOGUES
from nextvisit.install.sdk_range import SDK, refuse_other_sdk, requirements
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.hookspecs import PROJECT

_OURS: Final = {"nextvisit", "nextvisit_workflows"}
_RUN_BY_PYTHON: Final = {"sitecustomize", "usercustomize"}
_READABLE: Final = 0o022
"""The umask: roles are other users than whoever installs."""


@dataclass(frozen=True, slots=True)
class InstalledWheel:
    """What is installed now. names: as the settings may name what it provides."""

    distribution: str
    version: str
    content: str
    names: tuple[str, ...]

    @property
    def allowing(self) -> str:
        """The line of `plugins` in the settings that allows this content and no other."""
        facts = {"distribution": self.distribution, "version": self.version, "content": self.content}
        return f"- {{{', '.join(f'{key}: {json.dumps(value)}' for key, value in facts.items())}}}"


def install_wheel(wheel: Path) -> InstalledWheel:
    """Install it, in the place of any other version of it.

    Raises ConfigError before anything is installed: for what is no wheel of a plugin, for one of another SDK,
    that needs what is not here, or that would change what is not its own; and for what pip refuses.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            name = _refuse_unfit(archive, wheel)
    except OSError as error:
        raise ConfigError("plugin.wheel", str(error.strerror), place=str(wheel)) from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile) as error:
        raise ConfigError("plugin.wheel", "is no wheel: it cannot be unpacked", place=str(wheel)) from error
    _run_pip(wheel)
    importlib.invalidate_caches()
    found = distribution(name)
    sources = _sources(found)
    content = content_of(found, sources[0].home)
    return InstalledWheel(found.name, found.version, content, tuple(each.name for each in sources))


def _refuse_unfit(archive: zipfile.ZipFile, wheel: Path) -> str:
    """The distribution's name, if all that can be told of it beforehand is well."""
    described = {each.split("/")[0] for each in archive.namelist() if ".dist-info/" in each}
    if len(described) != 1:
        raise ConfigError("plugin.wheel", "is no wheel: it has not one `.dist-info`", place=str(wheel))
    found = PathDistribution(zipfile.Path(archive, f"{described.pop()}/"))
    sources = _sources(found)
    if not sources:
        says = f"brings no plugin: it has no entry point of the group `{PROJECT}` or `{CATALOGUES}`"
        raise ConfigError("plugin.wheel", says, place=str(wheel))
    for each in sources:
        each.open()  # raises where the metadata have no name
    place = sources[0].place
    if sources_of(found, PROJECT):
        refuse_other_sdk(found.requires or (), place)
    if lacking := list(_lacking(found, place)):
        says = f"it needs {', '.join(lacking)}; install that first (`python -m pip install --no-index WHEEL`)"
        raise ConfigError("plugin.lacks", says, place=place)
    packed = {each for each in archive.namelist() if not each.endswith("/")}
    for each in sources:
        file = each.module.replace(".", "/")
        if not {f"{file}.py", f"{file}/__init__.py"} & packed:
            says = f"its entry point `{each.name}` names `{each.module}`, which it does not bring"
            raise ConfigError("plugin.wheel", says, place=place)
    _refuse_foreign_programs(found, place)
    _refuse_foreign_files(archive.namelist(), found.name, place)
    return found.name


def _sources(found: Distribution) -> Sequence[PluginSource]:
    return [*sources_of(found, PROJECT), *sources_of(found, CATALOGUES)]


def _lacking(found: Distribution, place: str) -> Iterator[str]:
    for each in requirements(found.requires or (), place):
        if canonicalize_name(each.name) == SDK:
            continue
        try:
            version = distribution(each.name).version
        except PackageNotFoundError:
            yield f"{each.name}{each.specifier} (not installed)"
            continue
        if not each.specifier.contains(version, prereleases=True):
            yield f"{each.name}{each.specifier} ({version} is installed)"


def _refuse_foreign_programs(found: Distribution, place: str) -> None:
    """A library would be replaced by it, and a command of ours or the system's by one of its own."""
    try:
        installed = distribution(found.name)
    except PackageNotFoundError:
        installed = None
    if installed is not None and not _sources(installed):
        says = f"it is called as {installed.name} is, which is installed and no plugin; name it otherwise"
        raise ConfigError("plugin.wheel", says, place=place)
    for point in found.entry_points:
        if point.group in {"console_scripts", "gui_scripts"}:
            says = f"it brings the command `{point.name}`; a plugin brings none, build it without"
            raise ConfigError("plugin.wheel", says, place=place)


def _refuse_foreign_files(packed: Sequence[str], name: str, place: str) -> None:
    """Pip overwrites what is another distribution's, and some names Python runs whenever it begins."""
    try:
        own = {str(each) for each in distribution(name).files or ()}
    except PackageNotFoundError:
        own = set()
    roots = {Path(sysconfig.get_path(each)) for each in ("purelib", "platlib")}
    tops = {each.partition("/")[0].removesuffix(".py") for each in own}
    for file in map(PurePosixPath, packed):
        top = file.parts[0]
        if ".." in file.parts or file.is_absolute() or top.endswith(".data"):
            says = f"`{file}` of it lies outside of what is imported; build it without"
        elif (len(file.parts) == 1 and file.suffix == ".pth") or file.stem in _RUN_BY_PYTHON:
            says = f"`{file}` of it would be run whenever Python begins; build it without"
        elif file.suffix == ".pyc":
            says = f"`{file}` of it is compiled, and nobody can see what of; build it without"
        elif file.parts[0] in _OURS:
            says = f"`{file}` of it lies in a package of ours; give its package a name of your own"
        elif str(file) not in own and any((root / file).is_file() for root in roots):
            says = (
                f"it would overwrite `{file}`, which is another distribution's; uninstall one of them first"
            )
        elif _hides(file, tops, roots):
            says = f"`{file}` of it would be imported in the place of another's `{top}`; name it otherwise"
        else:
            continue
        raise ConfigError("plugin.wheel", says, place=place)


def _hides(file: PurePosixPath, own: Collection[str], roots: Collection[Path]) -> bool:
    """Whether it would be imported in the place of what has its name, in what is not the plugin's own."""
    if file.parts[0].removesuffix(".py") in own or file.suffix != ".py":
        return False
    folder = file.parent if file.name == "__init__.py" else file.with_suffix("")
    return any(
        (root / folder).with_suffix(".py").is_file() or (root / folder / "__init__.py").is_file()
        for root in roots
        if folder.parts
    )


def _run_pip(wheel: Path) -> None:
    if find_spec("pip") is None:
        says = f"there is no pip to install with; add it (`{sys.executable} -m ensurepip`)"
        raise ConfigError("plugin.pip", says, place=sys.prefix)
    words = ("--isolated", "--no-input", "--disable-pip-version-check", "--quiet", "install")
    how = ("--no-index", "--no-deps", "--force-reinstall", "--root-user-action=ignore", str(wheel.resolve()))
    done = subprocess.run(  # noqa: S603  # ourselves, and options of ours
        [sys.executable, "-I", "-m", "pip", *words, *how],
        capture_output=True,
        text=True,
        check=False,
        umask=_READABLE,
    )
    if done.returncode:
        said = [each for each in done.stderr.splitlines() if each.startswith("ERROR: ")]
        says = f"pip refuses it: {said[0].removeprefix('ERROR: ') if said else 'it says nothing of why'}"
        raise ConfigError("plugin.pip", says, place=str(wheel))
