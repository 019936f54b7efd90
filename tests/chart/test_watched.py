"""Who watches a cluster has the rules of one machine, and metrics under the names that the rules have."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Any

from ruamel.yaml import YAML

from tests.chart.rendering import CHART, ROOT, Document, of_kind, read, rendered, values_of

UPDATE = "NEXTVISIT_UPDATE_GOLDEN"
RULES = ROOT / "deploy" / "observe" / "nextvisit.rules.yaml"
COPY = CHART / "files" / "nextvisit.rules.yaml"
DATABASE = {"cnpg.io/cluster": "nextvisit-postgres"}
"""On each pod of the operator's, as CloudNativePG documents its labels."""
OPERATOR = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "cloudnative-pg"}}}


@cache
def _ha(kind: str) -> dict[str, Any]:
    return dict(of_kind(rendered(values_of("ha")), kind))


def test_the_rules_in_the_chart_are_those_of_one_machine() -> None:
    """Helm reads no file outside of a chart. `NEXTVISIT_UPDATE_GOLDEN=1` copies it anew."""
    if os.environ.get(UPDATE):
        COPY.write_bytes(RULES.read_bytes())
    assert COPY.read_bytes() == RULES.read_bytes()


def test_a_rule_of_prometheus_comes_through_helm_as_it_is() -> None:
    """With its own braces, which are templates of Prometheus'."""
    (rule,) = _ha("PrometheusRule").values()
    assert rule["spec"] == read(RULES)


def test_the_rules_know_us_by_the_job_that_the_monitor_gives() -> None:
    (job,) = set(re.findall(r'job="([^"]+)"', RULES.read_text("utf-8")))
    assert {"targetLabel": "job", "replacement": job} in _endpoint()["relabelings"]


def test_no_label_of_the_monitor_s_hides_one_of_the_metrics() -> None:
    """Prometheus keeps the scrape's, and calls the metric's `exported_…`, which no rule knows."""
    dashboard = (ROOT / "deploy" / "observe" / "nextvisit.dashboard.json").read_text("utf-8")
    rules = YAML(typ="safe").load(RULES)["groups"][0]["rules"]
    said = " ".join([dashboard, *(f"{each['expr']} {each['annotations']['summary']}" for each in rules)])
    used = set(re.findall(r"\$labels\.(\w+)", said)) - {"instance"}
    assert {"role", "code", "where"} <= used
    assert not used & {each["targetLabel"] for each in _endpoint()["relabelings"]}


def test_every_role_is_scraped_where_it_answers() -> None:
    (service,) = [each for name, each in _ha("Service").items() if name.endswith("-status")]
    (port,) = service["spec"]["ports"]
    assert _endpoint()["port"] == port["name"]
    for name, each in _ha("Deployment").items():
        template = each["spec"]["template"]
        labels, wanted = template["metadata"]["labels"], service["spec"]["selector"]
        ports = {one["name"] for one in template["spec"]["containers"][0].get("ports", ())}
        assert (wanted.items() <= labels.items()) == (name != "nextvisit-temporal")
        assert port["targetPort"] in ports or name == "nextvisit-temporal"


def test_the_operator_s_postgresql_lets_in_who_has_to_and_nobody_else() -> None:
    policy = _ha("NetworkPolicy")["nextvisit-postgres"]["spec"]
    assert policy["podSelector"] == {"matchLabels": DATABASE}
    assert policy["policyTypes"] == ["Ingress"]
    ours, operators, watchers = policy["ingress"]
    assert ours["ports"] == [{"port": 5432}]
    wanted = [each["podSelector"]["matchLabels"] for each in ours["from"]]
    for name, each in _ha("Deployment").items():
        labels = each["spec"]["template"]["metadata"]["labels"]
        assert any(one.items() <= labels.items() for one in wanted), name
    assert operators["ports"] == [{"port": 5432}, {"port": 8000}]
    itself, operator = operators["from"]
    assert itself == {"podSelector": {"matchLabels": DATABASE}}
    assert operator.items() >= OPERATOR.items()
    assert watchers["ports"] == [{"port": 9187}]
    assert watchers["from"] == values_of("ha")["networkPolicy"]["monitoring"]
    assert _reaches_the_database("nextvisit-roles")
    assert _reaches_the_database("nextvisit-temporal")


def _reaches_the_database(policy: str) -> bool:
    rule = {"to": [{"podSelector": {"matchLabels": DATABASE}}], "ports": [{"port": 5432}]}
    return rule in _ha("NetworkPolicy")[policy]["spec"]["egress"]


def _endpoint() -> Document:
    (monitor,) = _ha("ServiceMonitor").values()
    (endpoint,) = monitor["spec"]["endpoints"]
    found: Document = endpoint
    return found
