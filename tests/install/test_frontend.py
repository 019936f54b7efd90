"""Temporal is reached as the settings say, in TLS and with a certificate of ours where it asks for one."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from temporalio.testing import WorkflowEnvironment

from nextvisit.install.frontend import frontend_of
from nextvisit.install.settings import TemporalSettings
from nextvisit.sdk.errors import ConfigError, RetryLater
from nextvisit_workflows.runtime.converter import answers
from tests.world.temporal_tls import in_tls

pytestmark = pytest.mark.anyio


@pytest.fixture
async def temporal() -> AsyncIterator[str]:
    env = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"), dev_server_log_level="error"
    )
    try:
        yield env.client.service_client.config.target_host
    finally:
        await env.shutdown()


def _settings(
    port: int, folder: Path, authority: trustme.CA, *, ours: bool, cert: str = "ours"
) -> TemporalSettings:
    authority.cert_pem.write_to_path(folder / "ca.pem")
    pair = authority.issue_cert(f"{cert}.clinic.example")
    pair.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    pair.private_key_pem.write_to_path(folder / "key.pem")
    (folder / "key.pem").chmod(0o600)
    tls: dict[str, str] = {"ca_file": str(folder / "ca.pem"), "server_name": "temporal.clinic.example"}
    if ours:
        tls |= {"cert_file": str(folder / "cert.pem"), "key": f"file:{folder / 'key.pem'}"}
    return TemporalSettings.model_validate(
        {"address": f"127.0.0.1:{port}", "namespace": "default", "tls": tls}
    )


async def test_mutual_tls_lets_us_in_and_nothing_else_does(temporal: str, tmp_path: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    async with in_tls(temporal, authority) as port:
        await answers(frontend_of(_settings(port, tmp_path, authority, ours=True)))
        for refused in (
            _settings(port, tmp_path, authority, ours=False),
            _settings(port, tmp_path, stranger, ours=True),
        ):
            with pytest.raises(RetryLater, match="in TLS"):
                await answers(frontend_of(refused))
        plain = TemporalSettings(address=f"127.0.0.1:{port}", namespace="default")
        with pytest.raises(RetryLater, match="in the clear"):
            await answers(frontend_of(plain))


def test_another_machine_is_reached_in_the_clear_only_if_that_is_said() -> None:
    for there in ("temporal.clinic.example:7233", "[127.0.0.1:7233", "127.0.0.1]:7233"):
        with pytest.raises(ConfigError, match="tls"):
            frontend_of(TemporalSettings(address=there))
    said = TemporalSettings(address="temporal.clinic.example:7233", tls="none")
    assert frontend_of(said).tls is None
    for here in ("127.0.0.1:7233", "localhost:7233", "[::1]:7233"):
        assert frontend_of(TemporalSettings(address=here)).tls is None


@pytest.mark.parametrize(
    ("tls", "code"),
    [
        ({"cert_file": "/nowhere/cert.pem"}, "temporal.tls_pair"),
        ({"key": "env:NOWHERE"}, "temporal.tls_pair"),
        ({"ca_file": "/nowhere/ca.pem"}, "temporal.tls_file"),
        ({"cert_file": "/dev/null", "key": "file:/nowhere/key.pem"}, "secret.unreadable"),
    ],
)
def test_what_is_wrong_with_the_files_is_named(tls: dict[str, str], code: str) -> None:
    settings = TemporalSettings.model_validate({"address": "there:7233", "tls": tls})
    with pytest.raises(ConfigError) as caught:
        frontend_of(settings)
    assert caught.value.code == code
    assert "temporal.tls" in str(caught.value)
