"""What the chart is given is checked, what it writes is what the appliance reads, and the page says all of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import helm_python
import pytest

from nextvisit.install.settings import load_settings
from tests.chart.model import schema
from tests.chart.page import BEGINS, ENDS, table
from tests.chart.rendering import CHART, PROFILES, ROOT, Values, of_kind, over, read, rendered, values_of

UPDATE = "NEXTVISIT_UPDATE_DOCS"
PAGE = ROOT / "docs" / "kubernetes.md"
SCHEMA = CHART / "values.schema.json"


def test_the_schema_is_as_the_model_and_the_settings_are() -> None:
    text = json.dumps(schema(), indent=1) + "\n"
    if os.environ.get(UPDATE):
        SCHEMA.write_text(text, encoding="utf-8")
    assert text == SCHEMA.read_text(encoding="utf-8")


def test_the_page_is_as_the_values_are() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGINS)
    fresh = f"{before}{BEGINS}\n\n{table(CHART / 'values.yaml')}\n{ENDS}{rest.partition(ENDS)[2]}"
    if os.environ.get(UPDATE):
        PAGE.write_text(fresh, encoding="utf-8")
        text = fresh
    assert fresh == text


def test_every_value_says_what_it_is() -> None:
    assert [line for line in table(CHART / "values.yaml").splitlines() if line.endswith("|  |")] == []


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"databse": {}}, "databse"),
        ({"database": {"app": {"existingSecert": "a"}}}, "/database/app"),
        ({"roles": {"api": {"replica": 2}}}, "/roles/api"),
        ({"roles": {"gateway": {"replicas": 2}}}, "/roles/gateway/replicas"),
        ({"roles": {"worker-journeys": {"replicas": 0}}}, "/roles/worker-journeys/replicas"),
        ({"image": {"digest": "latest"}}, "/image/digest"),
        ({"pod": {"runAsUser": 0}}, "/pod/runAsUser"),
        ({"settings": {"site": {"timezone": "Europe/Warsaw"}}}, "/settings/site"),
        ({"settings": {"database": {"app": "file:/x"}}}, "/settings"),
        ({"settings": {"mis": {"clinic": {"sync_evry": "1 hour"}}}}, "/settings/mis/clinic"),
        ({"settings": {"api": {"port": 80}}}, "/settings/api"),
    ],
)
def test_what_it_does_not_know_is_refused_with_its_path(wrong: Values, path: str) -> None:
    with pytest.raises(helm_python.HelmError) as caught:
        rendered(values_of("single", wrong))
    said = str(caught.value)
    assert path.removeprefix("/") in said, said


def test_what_an_umbrella_chart_adds_is_no_typo() -> None:
    assert rendered(values_of("single", {"enabled": True, "global": {"clinic": "north"}}))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"database": {"app": {"existingSecret": "nextvisit-root-key"}}}, "the root key and database.app"),
        (
            {"secrets": [{"name": "x", "existingSecret": "nextvisit-root-key", "key": "k"}]},
            "root key and sec",
        ),
        ({"keys": {"intake": {"existingSecret": "nextvisit-root-key"}}}, "root key and the intake key"),
        ({"keys": {"root": {"existingSecret": ""}}}, "keep a copy in the safe"),
        ({"database": {"owner": {"existingSecret": ""}}}, "database.owner.existingSecret is missing"),
        ({"database": {"mode": "trial"}}, "is for an evaluation"),
        ({"temporal": {"address": ""}}, "temporal.address is missing"),
        ({"temporal": {"tls": {"existingSecret": ""}}}, "temporal.tls.existingSecret is missing"),
        ({"networkPolicy": {"database": []}}, "nobody would reach PostgreSQL"),
        ({"networkPolicy": {"temporal": []}}, "nobody would reach Temporal"),
        ({"config": {"existingConfigMap": "ours"}}, "nobody can tell which is meant"),
        ({"config": {"files": {"nextvisit.yaml": ""}}}, "which the chart writes"),
        ({"backup": {"enabled": True}}, "backup.existingClaim is missing"),
        ({"backup": {"enabled": True, "existingClaim": "b"}}, "settings.backup.recipients is missing"),
        (
            {"roles": {"worker-journeys": {"autoscaling": {"enabled": True}, "keda": {"enabled": True}}}},
            "enable one",
        ),
    ],
)
def test_what_cannot_be_installed_is_said_in_a_sentence(changed: Values, sentence: str) -> None:
    with pytest.raises(helm_python.HelmError, match=sentence):
        rendered(values_of("single", changed))


def test_without_the_clinic_s_settings_it_says_what_is_missing() -> None:
    values = values_of("single")
    for part in ("site", "mis", "channels"):
        left = {key: each for key, each in values["settings"].items() if key != part}
        with pytest.raises(helm_python.HelmError, match=f"settings.{part} is missing"):
            rendered({**values, "settings": left})


def test_a_config_map_of_theirs_is_taken_as_it_is() -> None:
    values: dict[str, Any] = values_of("single", {"config": {"existingConfigMap": "ours", "files": {}}})
    values["settings"] = {}
    with pytest.raises(helm_python.HelmError, match=r"needs config\.checksum"):
        rendered(values)
    found = rendered(over(values, {"config": {"checksum": "7"}}))
    assert "nextvisit-config" not in of_kind(found, "ConfigMap")
    api = of_kind(found, "Deployment")["nextvisit-api"]["spec"]["template"]
    assert api["metadata"]["annotations"]["checksum/config"] == "7"
    assert {"name": "ours", "defaultMode": 0o440} in [
        each.get("configMap") for each in api["spec"]["volumes"]
    ]


@pytest.mark.parametrize("profile", PROFILES)
def test_what_it_writes_the_appliance_reads(profile: str, tmp_path: Path) -> None:
    files = of_kind(rendered(values_of(profile)), "ConfigMap")["nextvisit-config"]["data"]
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    settings = load_settings(tmp_path / "nextvisit.yaml")
    assert settings.site.phone == "+48 22 555 01 00"
    assert str(settings.api.host) == "0.0.0.0"
    assert settings.api.hosts == ("api.klinika.example",)
    assert settings.vault.root_key_file == Path("/run/nextvisit/root/root.key")
    assert (settings.temporal.tls == "none") == (profile == "trial")
    assert settings.catalogue is not None
    assert (tmp_path / settings.catalogue).exists()


def test_a_backup_is_made_each_night_where_the_settings_say_who_opens_it(tmp_path: Path) -> None:
    recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    on = {
        "backup": {"enabled": True, "existingClaim": "backups"},
        "settings": {"backup": {"recipients": [recipient], "keep": {"daily": 14}}},
    }
    found = rendered(values_of("single", on))
    (job,) = of_kind(found, "CronJob").values()
    assert job["spec"]["timeZone"] == "Europe/Warsaw"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["command"] == ["nextvisit", "backup", "create", "--prune"]
    file = tmp_path / "nextvisit.yaml"
    file.write_text(
        of_kind(found, "ConfigMap")["nextvisit-config"]["data"]["nextvisit.yaml"], encoding="utf-8"
    )
    spec = load_settings(file).backup
    assert spec is not None
    assert (spec.recipients, spec.keep.daily) == ((recipient,), 14)
    mounted = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    assert mounted[str(spec.to)] == "backups"
    files = {
        each.removeprefix("file:")
        for each in load_settings(file).database.model_dump(mode="json").values()
        if isinstance(each, str)
    }
    for wanted in [*(each for each in files if each.startswith("/")), "/run/nextvisit/root/root.key"]:
        assert str(Path(wanted).parent) in mounted, wanted
    assert not of_kind(rendered(values_of("single")), "CronJob")


def test_the_example_s_settings_are_a_clinic_s_here_too() -> None:
    """All but what the chart writes."""
    example = read(ROOT / "config" / "nextvisit.example.yaml")
    ours = {
        key: each for key, each in example.items() if key not in {"database", "temporal", "vault", "status"}
    }
    ours["api"] = {key: each for key, each in ours["api"].items() if key not in {"host", "port"}}
    values = {**over(read(CHART / "values-single.yaml"), values_of("single")), "settings": ours}
    assert of_kind(rendered(values), "Deployment")
