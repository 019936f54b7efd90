"""What the chart's values may be: helm/nextvisit/values.schema.json is made of this.

Of the tests alone: a cluster's own Helm reads the schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from nextvisit.install.settings import Settings

Name = Annotated[str, Field(pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
"""Of an object of Kubernetes."""
OrNone = Annotated[str, Field(pattern="^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$")]
Digest = Annotated[str, Field(pattern="^(sha256:[0-9a-f]{64})?$")]
Tag = Annotated[str, Field(pattern="^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Some = Annotated[int, Field(ge=1)]
Size = Annotated[str, Field(pattern="^[0-9]+(Ki|Mi|Gi|Ti)$")]
Text = dict[str, str]
Anything = dict[str, Any]
Peers = list[Anything]
_OF_THE_CHART = ("database", "temporal", "vault", "attempt", "status", "plugins_dir")
_WHERE_IT_LISTENS = ("host", "port")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Image(_Part):
    registry: str = ""
    repository: str = Field(min_length=1)
    tag: Tag
    digest: Digest = ""


class OwnImage(Image):
    tag: Annotated[str, Field(pattern="^[A-Za-z0-9_.-]*$")]
    pullPolicy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


class Global(BaseModel):
    """An umbrella chart's own keys stand here too."""

    model_config = ConfigDict(extra="allow")
    imageRegistry: str = ""
    imagePullSecrets: list[Name] = []


class Config(_Part):
    files: Text
    existingConfigMap: OrNone
    checksum: str


class KeySecret(_Part):
    existingSecret: OrNone
    key: str


class RootSecret(KeySecret):
    csi: Anything


class Keys(_Part):
    root: RootSecret
    intake: KeySecret


class Resources(_Part):
    requests: Anything
    limits: Anything


class CloudNativePg(_Part):
    instances: Some
    imageName: str
    storageSize: Size
    storageClass: str
    spec: Anything


class TrialPostgres(_Part):
    image: Image
    storageSize: Size
    storageClass: str
    resources: Resources


class Database(_Part):
    mode: Literal["external", "cloudnativepg", "trial"]
    tls: Literal["verify-full", "none"]
    host: str
    port: Port
    app: KeySecret
    owner: KeySecret
    ca: KeySecret
    poolSize: Annotated[int, Field(ge=2, le=100)]
    cloudnativepg: CloudNativePg
    trial: TrialPostgres


class TemporalTls(_Part):
    mode: Literal["mutual", "server", "none"]
    existingSecret: OrNone
    serverName: str


class Existing(_Part):
    existingSecret: OrNone


class Databases(_Part):
    default: str
    visibility: str


class BundledTemporal(_Part):
    image: Image
    adminTools: Image
    historyShards: Some
    retention: Annotated[str, Field(pattern="^[0-9]+(h|d)$")]
    databases: Databases
    database: Existing
    tls: Existing
    dynamicConfig: Anything
    resources: Resources


class Temporal(_Part):
    mode: Literal["external", "bundled"]
    address: Annotated[str, Field(pattern="^([^:/ ]+:[0-9]+)?$")]
    namespace: str = Field(min_length=1)
    tls: TemporalTls
    bundled: BundledTemporal


class ConnectionSecret(_Part):
    name: Name
    existingSecret: Name
    key: str


class CsiSecret(_Part):
    name: Name
    csi: Anything


class ErasedList(_Part):
    existingClaim: OrNone
    storageClass: str
    accessModes: list[Literal["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]] = Field(min_length=1)
    size: Size


class Backup(_Part):
    enabled: bool
    schedule: str = Field(pattern=r"^\S+( \S+){4}$")
    existingClaim: OrNone
    resources: Resources


class Autoscaling(_Part):
    enabled: bool
    min: Some
    max: Some
    cpu: Annotated[int, Field(ge=10, le=100)]


class Keda(_Part):
    enabled: bool
    min: Some
    max: Some
    targetQueueSize: Some
    taskQueues: list[str] = Field(min_length=1)


class Disruption(_Part):
    enabled: bool
    maxUnavailable: int | str


class Variable(_Part):
    """Of a role's environment; a secret is referred to."""

    name: str
    value: str | None = None
    valueFrom: Anything | None = None


class Role(_Part):
    replicas: Some
    resources: Resources
    autoscaling: Autoscaling
    disruption: Disruption
    env: list[Variable] = []
    nodeSelector: Text = {}
    tolerations: list[Anything] = []
    affinity: Anything = {}
    priorityClassName: str = ""


class Worker(Role):
    keda: Keda


class Listener(_Part):
    name: Annotated[str, Field(pattern="^[a-z0-9-]{1,15}$")]
    port: Port


class Gateway(_Part):
    """One: a second would listen on the same account or port."""

    replicas: Literal[1]
    resources: Resources
    listeners: list[Listener]
    env: list[Variable] = []
    nodeSelector: Text = {}
    tolerations: list[Anything] = []
    affinity: Anything = {}
    priorityClassName: str = ""


class Roles(_Part):
    api: Role
    worker_journeys: Worker = Field(alias="worker-journeys")
    worker_channels: Worker = Field(alias="worker-channels")
    gateway: Gateway


class Drain(_Part):
    preStopSeconds: Annotated[int, Field(ge=1, le=120)]
    marginSeconds: Annotated[int, Field(ge=10)]


class Spread(_Part):
    topologyKey: str
    whenUnsatisfiable: Literal["ScheduleAnyway", "DoNotSchedule"]


class Pod(_Part):
    runAsUser: Annotated[int, Field(ge=10000)]
    runAsGroup: Annotated[int, Field(ge=10000)]
    labels: Text
    annotations: Text
    spread: Spread
    tmpSize: Size


class Status(_Part):
    port: Annotated[int, Field(ge=1024, le=65535)]


class Dns(_Part):
    namespaceSelector: Text
    podSelector: Text


class Egress(_Part):
    name: Name
    to: Peers = Field(min_length=1)
    ports: list[Port] = Field(min_length=1)
    roles: list[Literal["api", "worker-journeys", "worker-channels", "gateway", "test"]] = []


class NetworkPolicy(_Part):
    enabled: bool
    dns: Dns
    database: Peers
    temporal: Peers
    egress: list[Egress]
    api: Peers
    gateway: Peers
    monitoring: Peers
    operator: Peers
    scaler: Peers


class Host(_Part):
    name: Name
    host: Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")]
    paths: list[str] = ["/"]


class Ingress(_Part):
    enabled: bool
    className: str
    annotations: Text
    tls: bool


class HttpRoute(_Part):
    enabled: bool
    parentRefs: list[Anything]


class ServiceMonitor(_Part):
    enabled: bool
    labels: Text
    interval: str


class PrometheusRule(_Part):
    enabled: bool
    labels: Text


class Metrics(_Part):
    serviceMonitor: ServiceMonitor
    prometheusRule: PrometheusRule


class Message(_Part):
    connection: Name
    address: str


class Tests(_Part):
    messages: list[Message]


class Values(_Part):
    """Of the chart. enabled: what an umbrella chart's condition is called."""

    enabled: bool = True
    global_: Global = Field(alias="global")
    trial: bool
    image: OwnImage
    settings: Any
    config: Config
    keys: Keys
    database: Database
    temporal: Temporal
    secrets: list[ConnectionSecret]
    csiSecrets: list[CsiSecret]
    erasedList: ErasedList
    backup: Backup
    roles: Roles
    attemptSeconds: Annotated[int, Field(ge=5, le=3600)]
    drain: Drain
    pod: Pod
    status: Status
    networkPolicy: NetworkPolicy
    hosts: list[Host]
    ingress: Ingress
    httpRoute: HttpRoute
    metrics: Metrics
    tests: Tests
    extraObjects: list[Anything]


def schema() -> Mapping[str, Any]:
    """JSON Schema of the values; that of `settings` is the appliance's own, without what the chart writes.

    What is missing there the templates say in a sentence; and what only the appliance can judge, it does.
    """
    whole = Values.model_json_schema()
    own = Settings.model_json_schema()
    parts = own.pop("$defs")
    for gone in _OF_THE_CHART:
        own["properties"].pop(gone, None)
    for gone in _WHERE_IT_LISTENS:
        parts["ApiSettings"]["properties"].pop(gone)
    parts["BackupSettings"]["properties"].pop("to")
    parts["BackupSettings"]["required"].remove("to")
    own.pop("required")
    parts["Span"] = {"type": "string", "pattern": "^[0-9]+ [a-z]+$"}
    parts["ProcessSettings"]["properties"]["memory"] = {"type": "string", "pattern": "^[0-9]+ ?(MiB|GiB)$"}
    parts["AllowedPlugin"] = {"anyOf": [{"type": "string"}, parts["AllowedPlugin"]]}
    used = _named_in(own, parts)
    whole["$defs"] |= {f"Settings{name}": parts[name] for name in sorted(used)}
    whole["properties"]["settings"] = own
    plain: Mapping[str, Any] = _plain(whole, used)
    return plain


def _named_in(value: Any, parts: Mapping[str, Any]) -> frozenset[str]:
    """The definitions that are referred to, at once and by those."""
    found: set[str] = set()
    left = [value]
    while left:
        match left.pop():
            case {"$ref": str(ref)}:
                name = ref.rpartition("/")[2]
                if name not in found:
                    found.add(name)
                    left.append(parts[name])
            case dict() as each:
                left.extend(each.values())
            case list() as each:
                left.extend(each)
    return frozenset(found)


def _plain(value: Any, settings: frozenset[str], *, named: bool = False) -> Any:
    """Without titles, defaults and descriptions, which values.yaml has. named: the keys are names of theirs."""
    match value:
        case {"$ref": str(ref)} if (name := ref.rpartition("/")[2]) in settings:
            return {"$ref": f"#/$defs/Settings{name}"}
        case dict():
            return {
                key: _plain(each, settings, named=key in {"properties", "$defs"} and not named)
                for key, each in value.items()
                if named or key not in {"title", "default", "description"}
            }
        case list():
            return [_plain(each, settings) for each in value]
        case _:
            return value
