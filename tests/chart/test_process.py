"""What the chart renders works: its Deployments run as processes, with a real PostgreSQL and Temporal, until visits
are booked, while a pod is drained in the middle of a send and the next version is rolled out.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import trustme
from psycopg import sql
from sqlalchemy import make_url
from temporalio.testing import WorkflowEnvironment

import nextvisit_campaigns
from nextvisit.onebox.postgres_setup import OWNER
from nextvisit_sandbox.browser import Browser
from nextvisit_sandbox.clinic import SandboxClinic
from nextvisit_sandbox.config import SandboxConfig
from nextvisit_sandbox.fhir_store import Origin
from nextvisit_sandbox.pages import Form, read_html
from nextvisit_sandbox.received import ReceivedMail
from tests.chart.cluster import ADDRESSES, Cluster, Pod
from tests.chart.rendering import Document, Values, of_kind, rendered
from tests.chart.surroundings import Front, HeldClinic, clinic_values, secrets_of, without_phones
from tests.postgres import Server
from tests.world.temporal_tls import in_tls

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.drill,
    # A minute and a half on an idle machine; whatever waits here waits for as long as this.
    pytest.mark.timeout(1800),
    pytest.mark.allow_hosts(["127.0.0.1", "localhost", *ADDRESSES]),
]

PATIENTS = 3


@pytest.fixture
def folder() -> Iterator[Path]:
    """Which the pods' user may enter."""
    with tempfile.TemporaryDirectory(prefix="nv-pods-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def connections(postgres: Server) -> Iterator[Mapping[str, str]]:
    """Of an empty database, as an administrator makes it: whoever migrates makes the rest."""
    name = f"chart_{uuid4().hex}"
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))
        )
    yield {
        whose: make_url(dsn).set(database=name).render_as_string(hide_password=False)
        for whose, dsn in (("app", postgres.app_dsn), ("owner", postgres.owner_dsn))
    }
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


async def test_a_journey_goes_through_while_a_pod_is_drained_and_a_version_is_rolled_out(
    folder: Path, connections: Mapping[str, str]
) -> None:
    authority = trustme.CA()
    sandbox = SandboxConfig(
        patients=PATIENTS, patients_act=False, ca_file=folder / "mail-ca.pem", tls_dir=folder
    )
    temporal = await WorkflowEnvironment.start_local(
        namespace="nextvisit",
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
        dev_server_log_level="error",
    )
    clinic, front = HeldClinic(sandbox), Front()
    without_phones(clinic)
    async with (
        temporal,
        in_tls(temporal.client.service_client.config.target_host, authority) as port,
        clinic,
        front.serving(),
    ):
        (folder / "mail-ca.pem").chmod(0o644)
        values = clinic_values(clinic, front, port)
        cluster = Cluster(folder, secrets_of(folder, connections, authority, sandbox))
        try:
            await _lives(cluster, clinic, front, values, connections)
        finally:
            await cluster.end()


async def _lives(
    cluster: Cluster, clinic: HeldClinic, front: Front, values: Values, connections: Mapping[str, str]
) -> None:
    deployments = _applied(cluster, values)
    pods = await _installed(cluster, deployments, front)
    await _campaign(cluster, pods["worker-journeys"])

    # In the middle of a send: its pod ends by itself, and what it has begun is finished once.
    await clinic.holds.wait()
    drained = pods["worker-channels"]
    draining = asyncio.create_task(cluster.stop(drained))
    begins = asyncio.create_task(cluster.start(deployments["worker-channels"]))
    # Once it has heard that it is to end, and not as late as another is there: a mail server that keeps a mail
    # for longer than `timeout` leaves its outcome unknown, and rightly nobody sends it again.
    await _until(lambda: cluster.says(drained, "role", "stopping"))
    clinic.open.set()
    stopped = await draining
    assert (stopped.code, stopped.killed) == (0, False), drained.log[-3000:]
    pods["worker-channels"] = await begins

    await _settled(connections, sent=PATIENTS)
    assert len(_invited(clinic)) == PATIENTS
    first, second, *_ = sorted(_invited(clinic))
    await _book(clinic, first)
    await _until(lambda: _ended(connections, 1))

    # The next version's pods beside this one's, then these are ended; the gateway's ends first.
    site = {"site": {**values["settings"]["site"], "phone": "+48 22 555 01 01"}}
    after = _applied(cluster, {**values, "settings": {**values["settings"], **site}})
    for role, old in list(pods.items()):
        if after[role]["spec"]["strategy"]["type"] == "Recreate":
            assert (await cluster.stop(old)).code == 0
            pods[role] = await cluster.start(after[role])
        else:
            pods[role] = await cluster.start(after[role])
            if role == "api":
                front.pods = [pods[role]]
            assert not (ended := await cluster.stop(old)).killed
            assert ended.code == 0
        assert pods[role].checksum != old.checksum
    await _book(clinic, second)
    await _until(lambda: _ended(connections, 2))

    _nothing_came_twice(clinic)
    booked = [each for each in clinic.store.all("Appointment") if each.created_by is Origin.API]
    assert [each.resource["status"] for each in booked] == ["booked", "booked"]
    await _until(lambda: _is_watched(cluster, pods))
    cluster.services["nextvisit-api"] = f"127.0.0.1:{front.port}"
    asked = of_kind(rendered(values), "Pod")
    said = {name: await cluster.completes(each) for name, each in asked.items()}
    assert len(said) == 3, said
    assert len(_mails(clinic, "probe@sandbox.example")) == 1, said
    for pod in pods.values():
        assert not (await cluster.stop(pod)).killed
    for pod in cluster.pods:
        assert 0 < pod.peak < pod.limit, (pod.name, pod.peak)
        # What a process leaves behind that nobody foresaw.
        assert "Traceback" not in pod.log, pod.log[-3000:]


async def _is_watched(cluster: Cluster, pods: Mapping[str, Pod]) -> bool:
    """Each pod says which role it is, and the gateway what the whole store comes to: every part runs, once."""
    for name, pod in pods.items():
        role = name.partition("-")[0]
        assert f'nextvisit_build_info{{role="{role}",' in await cluster.metrics(pod)
    whole = await cluster.metrics(pods["gateway"])
    ready = {f'nextvisit_role_processes{{role="{role}",state="ready"}} {many}.0'
             for role, many in (("api", 1), ("gateway", 1), ("worker", 2))}  # fmt: skip
    return ready | {"nextvisit_survey_complete 1.0"} <= set(whole.splitlines())


async def _installed(cluster: Cluster, deployments: Mapping[str, Document], front: Front) -> dict[str, Pod]:
    """As NOTES.txt says: the workers first, whose intake key becomes the Secret that the others wait for."""
    workers = ("worker-journeys", "worker-channels")
    started = await asyncio.gather(*(cluster.start(deployments[each]) for each in workers))
    pods = dict(zip(workers, started, strict=True))
    journeys = pods["worker-journeys"]
    key = journeys.folder / "worker-journeys" / "run" / "nextvisit" / "intake" / "intake.key"
    cluster.secrets["nextvisit-intake"] = {"intake.key": key.read_bytes()}
    others = ("api", "gateway")
    pods |= zip(
        others, await asyncio.gather(*(cluster.start(deployments[each]) for each in others)), strict=True
    )
    front.pods = [pods["api"]]
    return pods


async def _campaign(cluster: Cluster, pod: Pod) -> None:
    """The catalogue's, for everybody, by the minute, and as a service: its hours are of every day."""
    source = Path(nextvisit_campaigns.__file__).parent / "reactivation"
    target = cluster.folder / "campaign"
    (target / "messages").mkdir(parents=True)
    for each in (source / "messages").glob("*.yaml"):
        (target / "messages" / each.name).write_text(each.read_text("utf-8"), encoding="utf-8")
    text = (source / "campaign.yaml").read_text("utf-8")
    text, times = re.subn(
        r"enrol:\n.*?\ngoal", 'enrol:\n  schedule: { cron: "* * * * *" }\n  segment: { age: { from: 1 } }\n\ngoal',
        text, count=1, flags=re.DOTALL,
    )  # fmt: skip
    assert times == 1
    (target / "campaign.yaml").write_text(
        text.replace("purpose: recall", "purpose: service"), encoding="utf-8"
    )
    await cluster.run(pod, "campaign", "apply", str(target), "--by", "ann")
    await cluster.run(pod, "campaign", "approve", "reactivation", "--by", "bob")
    await cluster.run(pod, "campaign", "run", "reactivation", "--by", "bob")


async def _book(clinic: SandboxClinic, to: str) -> None:
    """The patient presses the button of the first mail, and takes the first time of the second."""
    await _press(_mails(clinic, to)[0], lambda answer: answer == "wants_visit")
    await _until(lambda: _all(len(_mails(clinic, to)) == 2))
    await _press(_mails(clinic, to)[1], lambda answer: answer.startswith("slot:"))


async def _press(mail: ReceivedMail, wanted: Callable[[str], bool]) -> None:
    (link,) = set(read_html(mail.html).page_links)
    async with Browser(None).visit() as visit:
        page = await visit.get(link)
        found: list[tuple[Form, str]] = [
            (form, answer) for form in read_html(page.text).forms for answer in form.answers if wanted(answer)
        ]
        form, answer = found[0]
        answered = await visit.post(str(page.url.join(form.action)), form.filled(answer, ""))
        assert answered.is_success, answered.text


def _mails(clinic: SandboxClinic, to: str) -> list[ReceivedMail]:
    return [each for each in clinic.mailbox if to in each.to]


def _invited(clinic: SandboxClinic) -> set[str]:
    return {to for each in clinic.mailbox for to in each.to}


def _nothing_came_twice(clinic: SandboxClinic) -> None:
    """To the two who booked an invitation, times and the visit; to the third the invitation alone."""
    per_person = sorted(len(_mails(clinic, to)) for to in _invited(clinic))
    assert per_person == [1, 3, 3]
    seen = [(each.to, each.subject) for each in clinic.mailbox]
    assert len(seen) == len(set(seen))


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    """However long a busy machine takes: the test's own bound ends it."""
    while not await condition():
        await asyncio.sleep(0.1)


async def _all(holds: bool) -> bool:
    return holds


async def _settled(connections: Mapping[str, str], *, sent: int) -> None:
    """So many messages went out; one that came to another end would keep us waiting for nothing."""
    async with await psycopg.AsyncConnection.connect(connections["owner"], autocommit=True) as connection:
        while True:
            found = await connection.execute("SELECT state, count(*) FROM message GROUP BY state")
            states: dict[str, int] = dict(await found.fetchall())
            if states.get("sent", 0) + states.get("delivered", 0) == sent:
                return
            assert "unknown" not in states, states
            await asyncio.sleep(0.1)


async def _ended(connections: Mapping[str, str], number: int) -> bool:
    """So many journeys, and every message of theirs has been settled."""
    async with await psycopg.AsyncConnection.connect(connections["owner"]) as connection:
        found = await connection.execute("SELECT count(*) FROM journey WHERE outcome IS NOT NULL")
        row = await found.fetchone()
    return row is not None and row[0] == number


def _applied(cluster: Cluster, values: Values) -> Mapping[str, Document]:
    """The Deployments by role; their ConfigMaps are the cluster's from now on."""
    documents = rendered(values)
    for name, each in of_kind(documents, "ConfigMap").items():
        cluster.config_maps[name] = {key: text.encode() for key, text in each["data"].items()}
    return {name.removeprefix("nextvisit-"): each for name, each in of_kind(documents, "Deployment").items()}
