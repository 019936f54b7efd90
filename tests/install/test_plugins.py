"""Finding plugins: what the settings name is loaded and nothing else, and whoever is wrong is named with where.

Real distributions: a folder on the path, with metadata and a module each.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from nextvisit.install.contents import Pin
from nextvisit.install.plugins import load_plugins, named
from nextvisit.sdk import SDK_VERSION
from nextvisit.sdk.errors import ConfigError
from tests.distributions import Install, right
from tests.wrong_plugins import SECRET, WRONG


def test_what_is_not_named_is_not_loaded(install: Install) -> None:
    """Not even imported: neither by its slug nor, where the settings have a list, by its distribution."""
    install("mine", right("mine"))
    install("theirs", "raise SystemExit('imported')")
    found = load_plugins(wanted={"mine"})
    assert set(found.mis_adapters) == {"mine"}
    assert "theirs" in {each.name for each in found.installed}
    assert set(load_plugins([Pin("acme-mine")]).mis_adapters) == {"mine"}
    with pytest.raises(ConfigError, match="no installed plugin provides `theirs` here"):
        named(found.mis_adapters, "theirs", "mis.clinic.adapter", found)


def test_a_distribution_is_named_as_pip_names_it(install: Install) -> None:
    install("mine", right("mine"), by="Acme.Mine")
    assert set(load_plugins([Pin("acme_mine")]).mis_adapters) == {"mine"}


def test_a_name_that_nobody_bears_is_told_with_those_that_are_there(install: Install) -> None:
    """Nothing else would say that a catalogue of campaigns is missing."""
    install("mine", right("mine"))
    with pytest.raises(ConfigError, match=r"acme-campains.*acme-mine") as caught:
        load_plugins([Pin("acme-mine"), Pin("acme-campains")])
    assert caught.value.code == "plugin.absent"


def test_a_slug_that_nothing_provides_is_told_with_what_may_be_meant(install: Install) -> None:
    install("pager", right("pager"))
    found = load_plugins(wanted={"pagr"})
    with pytest.raises(ConfigError, match="did you mean `pager`") as caught:
        named(found.mis_adapters, "pagr", "mis.clinic.adapter", found)
    assert caught.value.place == "mis.clinic.adapter"


@pytest.mark.parametrize("how", WRONG)
def test_a_plugin_that_is_wrong_is_named_with_where_and_harms_nobody_who_does_not_use_it(
    install: Install, how: str
) -> None:
    wrong = WRONG[how]
    install("mine", right("mine"))
    said = wrong.says.replace("{file}", str(install("theirs", wrong.code)))
    assert set(load_plugins(wanted={"mine"}).mis_adapters) == {"mine"}
    listed = load_plugins()
    assert set(listed.mis_adapters) >= {"mine", "fhir_r4"}
    (theirs,) = (each for each in listed.installed if each.name == "theirs")
    assert said in str(theirs.fault)
    with pytest.raises(ConfigError) as caught:
        load_plugins(wanted={"mine", "theirs"})
    assert (caught.value.code, caught.value.place) == (wrong.kind, "plugin acme-theirs")
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


UNREADABLE = {
    "no metadata": ("METADATA", None, "acme_theirs (without METADATA)"),
    "metadata that are no text": ("METADATA", b"Name: \xff\n", "acme_theirs (without METADATA)"),
    "no version": ("METADATA", b"Name: acme-theirs\n", "acme_theirs (without METADATA)"),
    "no entry": ("entry_points.txt", b"[nextvisit]\ntheirs\n", "acme-theirs"),
    "entries that are no text": ("entry_points.txt", b"\xff\xfe[nextvisit]\ntheirs = acme_theirs\n", "acme-theirs"),
}  # fmt: skip


@pytest.mark.parametrize("how", UNREADABLE)
def test_metadata_that_cannot_be_read_harm_nobody(install: Install, tmp_path: Path, how: str) -> None:
    """Whoever is asked for all of them lists it, with what to do."""
    name, content, origin = UNREADABLE[how]
    install("mine", right("mine"))
    install("theirs", right("theirs"))
    file = tmp_path / "acme_theirs-1.0.dist-info" / name
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    assert set(load_plugins(wanted={"mine"}).mis_adapters) == {"mine"}
    (theirs,) = (each for each in load_plugins().installed if each.distribution == origin)
    assert "install it again, or take away what is left of it" in str(theirs.fault)


def test_what_is_left_of_one_that_is_used_is_named(install: Install, tmp_path: Path) -> None:
    install("theirs", right("theirs"))
    (tmp_path / "acme_theirs-1.0.dist-info" / "METADATA").unlink()
    with pytest.raises(ConfigError, match=r"acme_theirs \(without METADATA\).*install it again") as caught:
        load_plugins(wanted={"theirs"})
    assert caught.value.code == "plugin.metadata"


@pytest.mark.parametrize("value", ["", "a b", "acme_theirs:", "no_such", "acme_theirs:absent", ".acme"])
def test_an_entry_point_that_leads_nowhere_is_named(install: Install, tmp_path: Path, value: str) -> None:
    install("theirs", right("theirs"))
    points = tmp_path / "acme_theirs-1.0.dist-info" / "entry_points.txt"
    points.write_text(f"[nextvisit]\ntheirs = {value}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_plugins(wanted={"theirs"})
    assert caught.value.place == "plugin acme-theirs"


def test_of_one_in_a_namespace_the_place_is_told(install: Install, tmp_path: Path) -> None:
    install("theirs", right("theirs"))
    points = tmp_path / "acme_theirs-1.0.dist-info" / "entry_points.txt"
    points.write_text("[nextvisit]\ntheirs = acme_shared.pagers.theirs\n", encoding="utf-8")
    package = tmp_path / "acme_shared" / "pagers"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "theirs.py").write_text("\nraise ValueError('hunter2')\n", encoding="utf-8")
    importlib.invalidate_caches()
    with pytest.raises(ConfigError, match=f"ValueError, in {package}/theirs.py, line 2"):
        load_plugins(wanted={"theirs"})


def test_of_two_that_are_called_alike_both_are_named(install: Install) -> None:
    install("one", right("pager"), "pager")
    install("two", right("pager"), "pager")
    install("mine", right("mine"))
    assert set(load_plugins(wanted={"mine"}).mis_adapters) == {"mine"}
    with pytest.raises(ConfigError, match="acme-one and acme-two are both called `pager`") as caught:
        load_plugins(wanted={"pager"})
    assert caught.value.code == "plugin.name_taken"
    assert {each.fault is None for each in load_plugins().installed if each.name == "pager"} == {False}
    assert set(load_plugins([Pin("acme-one")], wanted={"pager"}).mis_adapters) == {"pager"}


def test_one_module_may_provide_several_each_by_its_own_name(install: Install) -> None:
    both = right("one").replace(
        "lambda settings: None)]", "lambda settings: None), MisAdapterPlugin('two', PluginSettings, id)]"
    )
    install("several", both, "one", "two")
    assert set(load_plugins(wanted={"two"}).mis_adapters) == {"two"}
    assert set(load_plugins(wanted={"one", "two"}).mis_adapters) == {"one", "two"}


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
    found = load_plugins([Pin("acme-recalls")], wanted=())
    assert [each.name for each in found.campaign_folders] == ["autumn", "spring"]


def test_nothing_of_a_catalogue_s_parent_is_run_either(install: Install, tmp_path: Path) -> None:
    install("recalls", "", group="nextvisit.campaigns")
    points = tmp_path / "acme_recalls-1.0.dist-info" / "entry_points.txt"
    points.write_text("[nextvisit.campaigns]\nrecalls = acme_recalls.all\n", encoding="utf-8")
    (tmp_path / "acme_recalls.py").unlink()
    folder = tmp_path / "acme_recalls" / "all" / "spring"
    folder.mkdir(parents=True)
    for each in (folder.parent, folder.parent.parent):
        (each / "__init__.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    (folder / "campaign.yaml").touch()
    importlib.invalidate_caches()
    assert load_plugins([Pin("acme-recalls")], wanted=()).campaign_folders == (folder,)


def test_a_catalogue_without_its_package_is_listed_and_stops_nobody(install: Install, tmp_path: Path) -> None:
    install("recalls", "", group="nextvisit.campaigns")
    (tmp_path / "acme_recalls.py").unlink()
    importlib.invalidate_caches()
    found = load_plugins(wanted=()).installed
    (theirs,) = (each for each in found if each.distribution == "acme-recalls")
    assert theirs.fault == "there is no package `acme_recalls`; install it again"
