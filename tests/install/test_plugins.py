"""Finding plugins: what the settings name is loaded and nothing else, and whoever is wrong is named with where.

Real distributions: a folder on the path, with metadata and a module each.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from nextvisit.install.plugins import load_plugins, named
from nextvisit.sdk import SDK_VERSION
from nextvisit.sdk.errors import ConfigError

RIGHT = """
from nextvisit.sdk.hookspecs import MisAdapterPlugin, hookimpl
from nextvisit.sdk.settings import PluginSettings

@hookimpl
def mis_adapters():
    return [MisAdapterPlugin("{slug}", PluginSettings, lambda settings: None)]
"""
SECRET = "hunter2"
NEEDS = ("nextvisit-sdk>=1,<2",)

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """A distribution `acme-NAME` with this module, found by these entry points, `NAME` alone if none are given."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made: list[str] = []

    def one(
        name: str,
        code: str,
        *points: str,
        by: str = "",
        group: str = "nextvisit",
        needs: Sequence[str] = NEEDS,
    ) -> Path:
        module, distribution = f"acme_{name}", by or f"acme-{name}"
        described = tmp_path / f"{distribution.replace('-', '_').lower()}-1.0.dist-info"
        described.mkdir()
        facts = ["Metadata-Version: 2.1", f"Name: {distribution}", "Version: 1.0"]
        required = [f"Requires-Dist: {each}" for each in needs]
        (described / "METADATA").write_text("\n".join([*facts, *required, ""]), encoding="utf-8")
        lines = [f"{each} = {module}" for each in points or (name,)]
        (described / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]), encoding="utf-8")
        file = tmp_path / f"{module}.py"
        file.write_text(dedent(code), encoding="utf-8")
        made.append(module)
        importlib.invalidate_caches()
        return file

    yield one
    for each in made:
        sys.modules.pop(each, None)


def right(slug: str) -> str:
    return RIGHT.format(slug=slug)


def test_what_is_not_named_is_not_loaded(install: Install) -> None:
    """Not even imported: neither by its slug nor, where the settings have a list, by its distribution."""
    install("mine", right("mine"))
    install("theirs", "raise SystemExit('imported')")
    found = load_plugins(wanted={"mine"})
    assert set(found.mis_adapters) == {"mine"}
    assert "theirs" in {each.name for each in found.installed}
    assert set(load_plugins(["acme-mine"]).mis_adapters) == {"mine"}
    with pytest.raises(ConfigError, match="no installed plugin provides 'theirs' here"):
        named(found.mis_adapters, "theirs", "mis.clinic.adapter", found)


def test_a_distribution_is_named_as_pip_names_it(install: Install) -> None:
    install("mine", right("mine"), by="Acme.Mine")
    assert set(load_plugins(["acme_mine"]).mis_adapters) == {"mine"}


def test_a_name_that_nobody_bears_is_told_with_those_that_are_there(install: Install) -> None:
    """Nothing else would say that a catalogue of campaigns is missing."""
    install("mine", right("mine"))
    with pytest.raises(ConfigError, match=r"acme-campains.*acme-mine") as caught:
        load_plugins(["acme-mine", "acme-campains"])
    assert caught.value.code == "plugin.absent"


def test_a_slug_that_nothing_provides_is_told_with_what_may_be_meant(install: Install) -> None:
    install("pager", right("pager"))
    found = load_plugins(wanted={"pagr"})
    with pytest.raises(ConfigError, match="did you mean `pager`") as caught:
        named(found.mis_adapters, "pagr", "mis.clinic.adapter", found)
    assert caught.value.place == "mis.clinic.adapter"


CHANNEL = """
from nextvisit.sdk.hookspecs import hookimpl
from nextvisit.sdk.testing.fake_channel import TEXTS

@hookimpl
def channels({given}):
    {does}
"""
WRONG = {
    "a module that is missing": ("import no_such_module", "plugin.broken", "ModuleNotFoundError of no_such_module, in {file}, line 1"),
    "an error of its own": ("\n\nPASSWORD = 'hunter2'\nraise ValueError(PASSWORD)", "plugin.broken", "importing it failed with ValueError, in {file}, line 4"),
    "no Python": ("\ndef (", "plugin.broken", "SyntaxError, in {file}, line 2"),
    "an exit": ("import sys\nsys.exit('no licence')", "plugin.broken", "SystemExit, in {file}, line 2"),
    "an error in a hook": (CHANNEL.format(given="", does="raise ZeroDivisionError('hunter2')"), "plugin.broken", "its hook channels failed with ZeroDivisionError, in {file}, line 7"),
    "a hook that is misspelt": (CHANNEL.format(given="", does="return []").replace("channels(", "chanels("), "plugin.hook", "no hook `chanels`; did you mean `channels`?"),
    "a hook that may be missing": (CHANNEL.format(given="", does="return []").replace("@hookimpl", "@hookimpl(optionalhook=True)").replace("channels(", "voice("), "plugin.hook", "no hook `voice`; known here: channels, intent_readers, mis_adapters"),
    "an argument": (CHANNEL.format(given="config", does="return []"), "plugin.hook", "config"),
    "no mark": (CHANNEL.format(given="", does="return []").replace("@hookimpl", ""), "plugin.hook", "it implements no hook; `hookimpl` has to stand above each"),
    "nothing": ("", "plugin.hook", "it implements no hook"),
    "no answer": (CHANNEL.format(given="", does="pass"), "plugin.hook", "its hook channels returns something else than a sequence of ChannelPlugin"),
    "a word": (CHANNEL.format(given="", does="return 'sms'"), "plugin.hook", "returns something else"),
    "its capabilities": (CHANNEL.format(given="", does="return [TEXTS]"), "plugin.hook", "returns something else"),
    "another name": (right("ours"), "plugin.slug", "it provides 'ours', and none of its entry points is called so"),
    "nothing of its name": (CHANNEL.format(given="", does="return []"), "plugin.slug", "is called 'theirs', and it provides nothing of that name"),
    "no slug": (right("Their-Own"), "plugin.slug", "its slug 'Their-Own' is none: lower-case letters"),
    "a slug twice": (right("theirs").replace("lambda settings: None)]", "lambda settings: None)] * 2"), "plugin.slug_taken", "it provides 'theirs' twice"),
}  # fmt: skip


@pytest.mark.parametrize("how", WRONG)
def test_a_plugin_that_is_wrong_is_named_with_where_and_harms_nobody_who_does_not_use_it(
    install: Install, how: str
) -> None:
    code, kind, says = WRONG[how]
    install("mine", right("mine"))
    file = install("theirs", code)
    said = says.format(file=file)
    assert set(load_plugins(wanted={"mine"}).mis_adapters) == {"mine"}
    listed = load_plugins()
    assert set(listed.mis_adapters) >= {"mine", "fhir_r4"}
    (theirs,) = (each for each in listed.installed if each.name == "theirs")
    assert said in str(theirs.fault)
    with pytest.raises(ConfigError) as caught:
        load_plugins(wanted={"mine", "theirs"})
    assert (caught.value.code, caught.value.place) == (kind, "plugin acme-theirs")
    assert said in str(caught.value)
    assert SECRET not in str(caught.value) + str(theirs.fault)


OTHER_SDK = {
    "none": ((), "it does not say which SDK it works with; its pyproject.toml needs `nextvisit-sdk>=1,<2`"),
    "another's": (("pydantic>=2",), "it does not say which SDK"),
    "of an extra": (('nextvisit-sdk>=1,<2; extra == "kit"',), "it does not say which SDK"),
    "an older one": (("nextvisit-sdk>=0.3,<1",), f"it works with nextvisit-sdk<1,>=0.3, and here is {SDK_VERSION}"),
    "a newer one": (("NextVisit_SDK>=2,<3",), f"and here is {SDK_VERSION}; install a release of it for this one"),
    "two that leave nothing": (("nextvisit-sdk<2", "nextvisit-sdk>=2"), f"and here is {SDK_VERSION}"),
    "no end": (("nextvisit-sdk>=1",), "SDKs that there are not yet (nextvisit-sdk>=1)"),
    "every one": (("nextvisit-sdk",), "SDKs that there are not yet (nextvisit-sdk without a range)"),
    "no requirement": (("nextvisit-sdk >> 1",), "requires 'nextvisit-sdk >> 1', which is no requirement"),
}  # fmt: skip


@pytest.mark.parametrize("how", OTHER_SDK)
def test_a_plugin_for_another_sdk_is_refused_before_it_is_imported(install: Install, how: str) -> None:
    needs, says = OTHER_SDK[how]
    install("theirs", "raise SystemExit('imported')", needs=needs)
    with pytest.raises(ConfigError) as caught:
        load_plugins(wanted={"theirs"})
    assert caught.value.code in {"plugin.sdk", "plugin.metadata"}
    assert says in str(caught.value)
    assert load_plugins(wanted={"fhir_r4"}).mis_adapters
    (listed,) = (each for each in load_plugins().installed if each.name == "theirs")
    assert says in str(listed.fault)


@pytest.mark.parametrize("range_", [">=1,<2", "~=1.0", "==1.*", ">=1.0.0,<1.9"])
def test_a_range_that_holds_this_sdk_and_ends_is_one(install: Install, range_: str) -> None:
    install("mine", right("mine"), needs=[f"nextvisit-sdk{range_}"])
    assert set(load_plugins(wanted={"mine"}).mis_adapters) == {"mine"}


def test_of_two_that_are_called_alike_both_are_named(install: Install) -> None:
    install("one", right("pager"), "pager")
    install("two", right("pager"), "pager")
    install("mine", right("mine"))
    assert set(load_plugins(wanted={"mine"}).mis_adapters) == {"mine"}
    with pytest.raises(ConfigError, match="acme-one and acme-two both have an entry point 'pager'") as caught:
        load_plugins(wanted={"pager"})
    assert caught.value.code == "plugin.name_taken"
    assert {each.fault is None for each in load_plugins().installed if each.name == "pager"} == {False}
    assert set(load_plugins(["acme-one"], wanted={"pager"}).mis_adapters) == {"pager"}


def test_one_module_may_provide_several_each_by_its_own_name(install: Install) -> None:
    both = right("one").replace(
        "lambda settings: None)]", "lambda settings: None), MisAdapterPlugin('two', PluginSettings, id)]"
    )
    install("several", both, "one", "two")
    assert set(load_plugins(wanted={"two"}).mis_adapters) == {"two"}
    assert set(load_plugins(wanted={"one", "two"}).mis_adapters) == {"one", "two"}


def test_what_a_plugin_prints_is_not_in_a_command_s_output(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("mine", "print('hello')\n" + right("mine").replace("return", "print('again'); return"))
    assert set(load_plugins(wanted={"mine"}).mis_adapters) == {"mine"}
    printed = capsys.readouterr()
    assert "hello" not in printed.out
    assert "again" not in printed.out
    assert "plugin.printed" in printed.out + printed.err


def test_nothing_of_a_catalogue_is_run(install: Install, tmp_path: Path) -> None:
    install("recalls", "", group="nextvisit.campaigns")
    package = tmp_path / "acme_recalls"
    (tmp_path / "acme_recalls.py").unlink()
    for each in ("spring", "autumn", "not_one"):
        (package / each).mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    for each in ("spring", "autumn"):
        (package / each / "campaign.yaml").write_text("", encoding="utf-8")
    importlib.invalidate_caches()
    found = load_plugins(["acme-recalls"], wanted=())
    assert [each.name for each in found.campaign_folders] == ["autumn", "spring"]
