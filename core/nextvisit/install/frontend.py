"""How Temporal is reached, by the settings."""

from __future__ import annotations

from pathlib import Path

from temporalio.service import TLSConfig

from nextvisit.install.settings import TemporalSettings, TemporalTlsSettings, revealed
from nextvisit.sdk.errors import ConfigError
from nextvisit.sdk.loopback import is_loopback
from nextvisit_workflows.runtime.converter import Frontend


def frontend_of(settings: TemporalSettings) -> Frontend:
    """Raises ConfigError: another machine without a word about TLS, half a pair, a file that is not there."""
    return Frontend(settings.address, settings.namespace, _tls_of(settings))


def _tls_of(settings: TemporalSettings) -> TLSConfig | None:
    match settings.tls:
        case TemporalTlsSettings() as tls:
            return _config_of(tls)
        case "none":
            return None
        case None:
            if is_loopback(_host_of(settings.address)):
                return None
            message = (
                "is another machine, so `temporal.tls` has to say how it is reached; `tls: none` if in clear"
            )
            raise ConfigError("temporal.tls", message, place="temporal.address")


def _host_of(address: str) -> str:
    """Of `host:port`, an IPv6 one in brackets."""
    host = address.rpartition(":")[0]
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _config_of(tls: TemporalTlsSettings) -> TLSConfig:
    if (tls.cert_file is None) != (tls.key is None):
        message = "cert_file and key belong together"
        raise ConfigError("temporal.tls_pair", message, place="temporal.tls")
    return TLSConfig(
        server_root_ca_cert=_read(tls.ca_file, "ca_file"),
        domain=tls.server_name,
        client_cert=_read(tls.cert_file, "cert_file"),
        client_private_key=None if tls.key is None else revealed(tls.key, "temporal.tls.key").encode(),
    )


def _read(file: Path | None, key: str) -> bytes | None:
    try:
        return None if file is None else file.read_bytes()
    except OSError as error:
        why = error.strerror or "cannot be read"
        raise ConfigError("temporal.tls_file", f"{file}: {why}", place=f"temporal.tls.{key}") from error
