"""Every profile is one that Kubernetes takes, and every pod of it is as restricted as one may be."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from tests.chart.rendering import CHART, PROFILES, Document, PodOf, of_kind, pods, rendered, values_of

UPDATE = "NEXTVISIT_UPDATE_GOLDEN"
GOLDEN = Path(__file__).parent / "golden"
VERSIONS = ("1.33", "1.37")
"""Of Kubernetes: the oldest that is still looked after somewhere, and the newest."""
OURS = ("api", "worker-journeys", "worker-channels", "gateway")
ROOT_KEY = frozenset({"worker-journeys", "worker-channels"})
VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
"""What PodSecurity "restricted" allows."""
OPERATORS = re.compile(
    r"(postgresql\.cnpg\.io|monitoring\.coreos\.com|keda\.sh|gateway\.networking\.k8s\.io)/"
)
"""Whose objects no schema of Kubernetes' own knows."""
ANSWERS_HTTP = {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public", "namespace": "edge"}]}}
SECRET = re.compile(r"password|dsn|token|key", re.IGNORECASE)


@cache
def documents(profile: str) -> Sequence[Document]:
    return rendered(values_of(profile, ANSWERS_HTTP))


def every_pod() -> list[Any]:
    found = [(profile, pod) for profile in PROFILES for pod in pods(documents(profile))]
    return [pytest.param(pod, id=f"{profile}:{pod}") for profile, pod in found]


by_profile = pytest.mark.parametrize("profile", PROFILES)
by_pod = pytest.mark.parametrize("pod", every_pod())


@by_profile
def test_helm_has_nothing_to_say_against_it(profile: str) -> None:
    report = helm_python.lint(CHART, values_of(profile), strict=True)
    assert report["errors"] == []
    assert [each["error"] for each in report["messages"]] == ["icon is recommended"]


@pytest.mark.parametrize("version", VERSIONS)
@by_profile
def test_kubernetes_knows_every_field(profile: str, version: str) -> None:
    checked = [each for each in documents(profile) if not OPERATORS.match(each["apiVersion"])]
    for each in checked:
        kubernetes_validate.validate(dict(each), version, strict=True)
    assert {"Deployment", "Service", "NetworkPolicy", "Pod"} <= {each["kind"] for each in checked}


def test_a_misspelt_field_would_be_seen() -> None:
    (deployment,) = [
        each for name, each in of_kind(documents("single"), "Deployment").items() if name.endswith("-api")
    ]
    wrong = {**deployment, "spec": {**deployment["spec"], "replicaz": 1}}
    with pytest.raises(kubernetes_validate.ValidationError, match="replicaz"):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


@by_profile
def test_it_is_as_it_was_when_somebody_last_looked_at_it(profile: str) -> None:
    """`NEXTVISIT_UPDATE_GOLDEN=1` writes it anew; the diff is what a cluster will be given."""
    text = StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 200
    yaml.dump_all([_lasting(each) for each in documents(profile)], text)
    file = GOLDEN / f"{profile}.yaml"
    if os.environ.get(UPDATE):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text.getvalue(), encoding="utf-8")
    assert text.getvalue() == file.read_text(encoding="utf-8")


def _lasting(value: Any) -> Any:
    """Without what is drawn, and what merely says that something else has changed."""
    match value:
        case {"kind": "Secret"}:
            drawn = {
                part: dict.fromkeys(value[part], "drawn") for part in ("data", "stringData") if part in value
            }
            return {**value, **drawn}
        case dict():
            return {
                key: "of the settings" if key == "checksum/config" else _lasting(each)
                for key, each in value.items()
            }
        case list():
            return [_lasting(each) for each in value]
        case _:
            return value


@by_pod
def test_a_pod_is_restricted(pod: PodOf) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    security = pod.spec["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] >= 10_000
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod.spec["automountServiceAccountToken"] is False
    assert pod.spec["serviceAccountName"] == "nextvisit"
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.spec.keys()
    kinds = {next(iter(each.keys() - {"name"})) for each in pod.spec.get("volumes", ())}
    assert kinds <= VOLUMES
    for each in pod.containers:
        own = each["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["readOnlyRootFilesystem"] is True
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert not {"privileged", "runAsUser", "procMount"} & own.keys()


@by_pod
def test_what_a_container_may_take_is_said(pod: PodOf) -> None:
    """No limit of the processor: it would stall a loop that has something to do."""
    for each in pod.containers:
        assert {"cpu", "memory"} <= each["resources"]["requests"].keys()
        assert each["resources"]["limits"].keys() == {"memory"}
    for volume in pod.spec.get("volumes", ()):
        if "emptyDir" in volume:
            assert volume["emptyDir"]["sizeLimit"]


@by_pod
def test_what_is_written_goes_into_a_volume(pod: PodOf) -> None:
    for each in pod.containers:
        writable = {mount["name"] for mount in each["volumeMounts"] if not mount.get("readOnly")}
        assert writable <= {"tmp", "erased-list", "intake-key", "data", "run"}
        assert "tmp" in writable


@by_pod
def test_no_secret_is_a_value(pod: PodOf) -> None:
    for each in pod.containers:
        for variable in each.get("env", ()):
            if SECRET.search(variable["name"]) and "value" in variable:
                assert variable["value"].startswith("/"), variable
        assert not SECRET.search(" ".join(each.get("command", ()))) or each["name"] == "temporal-namespace"


@by_profile
def test_a_secret_is_of_a_trial_alone(profile: str) -> None:
    assert bool(of_kind(documents(profile), "Secret")) == (profile == "trial")


@by_pod
def test_who_serves_is_asked_whether_it_does(pod: PodOf) -> None:
    if pod.owner.startswith("Pod/"):
        assert pod.spec["restartPolicy"] == "Never"
        return
    for each in pod.spec["containers"]:
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= each.keys()
    for each in pod.spec.get("initContainers", ()):
        assert not {"livenessProbe", "readinessProbe"} & each.keys()


@by_profile
def test_a_role_is_live_by_its_loop_and_ready_by_what_it_needs(profile: str) -> None:
    for container in _roles(profile).values():
        assert container["livenessProbe"]["httpGet"] == {"path": "/live", "port": "status"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "status"}
        assert container["command"][-2:] == ["--status", "0.0.0.0:9464"]
        assert {"name": "status", "containerPort": 9464} in container["ports"]


@by_profile
def test_a_pod_has_time_to_finish_what_it_has_begun(profile: str) -> None:
    """A call takes `attempt` at most, and the worker waits for those under way as long."""
    settings = _settings(documents(profile))
    attempt = int(re.fullmatch(r"PT(\d+)S", settings["attempt"])[1])  # type: ignore[index]
    for pod in _of_roles(profile):
        (container,) = pod.spec["containers"]
        before = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pod.spec["terminationGracePeriodSeconds"] >= before + attempt + 10


@by_profile
def test_the_root_key_is_where_it_is_needed_and_nowhere_else(profile: str) -> None:
    """Of the containers, too: what migrates does not have it."""
    secret = "nextvisit-trial-root-key" if profile == "trial" else "nextvisit-root-key"
    have = set()
    for pod in pods(documents(profile)):
        if secret in _secrets_of(pod):
            have.add(pod.labels["app.kubernetes.io/component"])
            mounted = {
                each["name"]
                for each in pod.containers
                if any(mount["name"] == "root-key" for mount in each["volumeMounts"])
            }
            assert mounted == {"grant", pod.labels["app.kubernetes.io/component"]}
    assert have == ROOT_KEY


@by_profile
def test_who_migrates_alone_has_the_owner_s_connection(profile: str) -> None:
    for pod in pods(documents(profile)):
        mounted = {
            each["name"]
            for each in pod.containers
            if any(mount["name"] == "database-owner" for mount in each["volumeMounts"])
        }
        assert mounted <= {"migrate"}


@by_profile
def test_policies_cover_every_pod_and_each_side_of_it(profile: str) -> None:
    policies = of_kind(documents(profile), "NetworkPolicy").values()
    for pod in pods(documents(profile)):
        types = {
            each
            for policy in policies
            if _selects(policy["spec"]["podSelector"], pod.labels)
            for each in policy["spec"]["policyTypes"]
        }
        assert types == {"Ingress", "Egress"}, pod
    whole = of_kind(documents(profile), "NetworkPolicy")["nextvisit-nothing-else"]["spec"]
    assert "ingress" not in whole
    assert [port["port"] for rule in whole["egress"] for port in rule["ports"]] == [53, 53]


@by_profile
def test_what_is_approved_is_reached_by_whom_it_is_for(profile: str) -> None:
    policies = of_kind(documents(profile), "NetworkPolicy")
    for name, reached_by in {
        "nextvisit-to-mail": {"worker-channels"},
        "nextvisit-to-mis": set(OURS) - {"api"},
        "nextvisit-roles": set(OURS),
    }.items():
        selector = policies[name]["spec"]["podSelector"]
        those = {pod.labels["app.kubernetes.io/component"] for pod in _of_roles(profile)
                 if _selects(selector, pod.labels)}  # fmt: skip
        assert those == reached_by


@by_profile
def test_one_gateway_at_a_time(profile: str) -> None:
    gateway = of_kind(documents(profile), "Deployment")["nextvisit-gateway"]["spec"]
    assert (gateway["replicas"], gateway["strategy"]) == (1, {"type": "Recreate"})


@by_profile
def test_every_image_is_pulled_from_where_the_clinic_says(profile: str) -> None:
    digest = f"sha256:{'a' * 64}"
    image = {"digest": digest}
    everywhere = rendered(
        values_of(
            profile,
            {
                "global": {"imageRegistry": "registry.klinika.example", "imagePullSecrets": ["pull"]},
                "image": image,
                "database": {"trial": {"image": image}},
                "temporal": {"bundled": {"image": image, "adminTools": image}},
            },
        )
    )
    for pod in pods(everywhere):
        assert pod.spec["imagePullSecrets"] == [{"name": "pull"}]
        for each in pod.containers:
            assert each["image"].startswith("registry.klinika.example/")
            assert each["image"].endswith(f"@{digest}")
    for pod in pods(documents(profile)):
        for each in pod.containers:
            assert re.search(r":[0-9][\w.-]*$", each["image"]), "no tag, or one that moves"


def test_each_host_has_its_own_way_in() -> None:
    for kind in ("Ingress", "HTTPRoute"):
        found = of_kind(documents("single"), kind)
        assert found.keys() == {"nextvisit-patients", "nextvisit-api"}
    hosts = {
        name: each["spec"]["hostnames"] for name, each in of_kind(documents("single"), "HTTPRoute").items()
    }
    assert hosts == {
        "nextvisit-patients": ["wizyty.klinika.example"],
        "nextvisit-api": ["api.klinika.example"],
    }


def test_many_pods_are_scaled_spread_and_not_all_taken_away() -> None:
    found = documents("ha")
    assert of_kind(found, "PodDisruptionBudget").keys() == {f"nextvisit-{each}" for each in OURS[:3]}
    assert of_kind(found, "HorizontalPodAutoscaler").keys() == {"nextvisit-api"}
    scaled = of_kind(found, "ScaledObject")
    assert scaled.keys() == {"nextvisit-worker-journeys", "nextvisit-worker-channels"}
    assert all(each["spec"]["minReplicaCount"] >= 2 for each in scaled.values())
    for pod in _of_roles("ha"):
        if pod.labels["app.kubernetes.io/component"] != "gateway":
            assert pod.spec["topologySpreadConstraints"]
    for name, each in of_kind(found, "Deployment").items():
        scaled_by = name in {*scaled, "nextvisit-api"}
        assert ("replicas" in each["spec"]) != scaled_by, "an upgrade would set back what was scaled"


def test_a_claim_that_one_node_has_keeps_its_pods_together() -> None:
    for profile, together in (("single", True), ("ha", False)):
        for pod in _of_roles(profile):
            shares = together and pod.labels["app.kubernetes.io/component"] in ROOT_KEY
            assert ("affinity" in pod.spec) == shares


@by_profile
def test_changed_settings_are_a_new_pod(profile: str) -> None:
    other = rendered(values_of(profile, {"settings": {"site": {"phone": "+48 22 555 01 01"}}}))
    for name, each in of_kind(documents(profile), "Deployment").items():
        if name.endswith(OURS):
            after = of_kind(other, "Deployment")[name]
            assert _checksum(each) != _checksum(after)


def test_the_bundled_temporal_proves_itself_and_asks_for_a_proof() -> None:
    for profile in ("trial", "ha"):
        (container,) = of_kind(documents(profile), "Deployment")["nextvisit-temporal"]["spec"]["template"][
            "spec"
        ]["containers"]
        env = {each["name"]: each.get("value") for each in container["env"]}
        assert env["NUM_HISTORY_SHARDS"] == ("4" if profile == "trial" else "512")
        assert env.get("TEMPORAL_TLS_REQUIRE_CLIENT_AUTH") == (None if profile == "trial" else "true")
        config = of_kind(documents(profile), "ConfigMap")["nextvisit-temporal"]["data"]["dynamic.yaml"]
        assert YAML(typ="safe").load(config)["matching.enableFairness"] == [{"value": True}]


def _of_roles(profile: str) -> list[PodOf]:
    return [
        pod
        for pod in pods(documents(profile))
        if pod.labels["app.kubernetes.io/component"] in OURS and not pod.owner.startswith("Pod/")
    ]


def _roles(profile: str) -> Mapping[str, Document]:
    return {
        pod.labels["app.kubernetes.io/component"]: pod.spec["containers"][0] for pod in _of_roles(profile)
    }


def _settings(found: Sequence[Document]) -> Document:
    text = of_kind(found, "ConfigMap")["nextvisit-config"]["data"]["nextvisit.yaml"]
    settings: Document = YAML(typ="safe").load(text)
    return settings


def _checksum(deployment: Document) -> str:
    return str(deployment["spec"]["template"]["metadata"]["annotations"]["checksum/config"])


def _secrets_of(pod: PodOf) -> set[str]:
    found = set()
    for volume in pod.spec.get("volumes", ()):
        found.add(volume.get("secret", {}).get("secretName"))
        found |= {each["secret"]["name"] for each in volume.get("projected", {}).get("sources", ())}
    for each in pod.containers:
        found |= {
            variable["valueFrom"]["secretKeyRef"]["name"]
            for variable in each.get("env", ())
            if "secretKeyRef" in variable.get("valueFrom", {})
        }
    return found


def _selects(selector: Document, labels: Mapping[str, str]) -> bool:
    matches = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return matches and all(
        each["operator"] == "In" and labels.get(each["key"]) in each["values"]
        for each in selector.get("matchExpressions", ())
    )
