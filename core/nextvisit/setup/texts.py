"""The text files that setup writes once, and that belong to the administrator from then on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from nextvisit.install.settings import Settings
from nextvisit.sdk.settings import SecretRef
from nextvisit.setup.answers import Answers
from nextvisit.setup.places import Places


def configuration(answers: Answers, places: Places) -> str:
    """nextvisit.yaml. docs/operate.md explains each key."""
    short = [] if answers.short_name is None else [f"  short_name: {_text(answers.short_name)}"]
    lines = [
        "# Written once by `nextvisit setup`, and yours: it is never written over.",
        "# docs/reference.md has every key.",
        "# Secrets are references (file:… or env:…), never values.",
        "site:",
        f"  name: {_text(answers.name)}",
        *short,
        f"  phone: {_text(answers.phone)}",
        f"  zone: {answers.zone}",
        f"  country: {_text(answers.country)}",
        f"  languages: {_text(list(answers.languages))}  # the first is for everybody else",
        f"  public_url: {_text(answers.public_url)}",
        "  closed: {}  # 2026-12-24: Christmas Eve",
        "",
        "database:  # both files are written by `nextvisit up`",
        f"  app: {_text(f'file:{places.keys}/app.dsn')}",
        f"  owner: {_text(f'file:{places.keys}/owner.dsn')}",
        f"  embedded_port: {answers.postgres_port}",
        "",
        "temporal:",
        f"  address: 127.0.0.1:{answers.temporal_port}",
        "",
        "vault:  # keep a copy of the root key in a safe, apart from the database's backups",
        f"  root_key_file: {_text(str(places.keys / 'root.key'))}",
        f"  intake_key_file: {_text(str(places.keys / 'intake.key'))}",
        f"  erased_file: {_text(str(places.keys / 'erased.jsonl'))}",
        "",
        "mis:",
        "  clinic:  # a name of yours",
        "    adapter: fhir_r4",
        "    sync_every: 15 minutes",
        "    books: true  # visits are booked here",
        "    settings:",
        f"      base_url: {_text(answers.mis_url)}",
        *_secret("token", answers.mis_token, places.secrets / "mis"),
        "",
        *_channels(answers, places),
        "",
        "api:  # a proxy with TLS stands before it; an example lies beside this file",
        "  host: 127.0.0.1",
        f"  port: {answers.api_port}",
    ]
    return "\n".join(lines) + "\n"


def _channels(answers: Answers, places: Places) -> list[str]:
    lines = ["channels:" if answers.mail_host or answers.sms_host else "channels: {}"]
    if answers.mail_host:
        lines += [
            "  email:",
            "    channel: email_smtp",
            "    settings:",
            f"      host: {_text(answers.mail_host)}",
            f"      port: {answers.mail_port}",
            f"      tls: {answers.mail_tls}",
            *([f"      ca_file: {_text(str(answers.mail_ca_file))}"] if answers.mail_ca_file else []),
            *([f"      username: {_text(answers.mail_username)}"] if answers.mail_username else []),
            *_secret("password", answers.mail_password, places.secrets / "mail"),
            f"      sender: {_text({'name': answers.name, 'address': answers.mail_sender})}",
        ]
    if answers.sms_host:
        lines += [
            "  sms:",
            "    channel: sms_smpp",
            "    settings:",
            f"      host: {_text(answers.sms_host)}",
            f"      port: {answers.sms_port}",
            f"      tls: {answers.sms_tls}",
            f"      system_id: {_text(answers.sms_system_id)}",
            *_secret("password", answers.sms_password, places.secrets / "sms"),
            f"      sender: {_text(answers.sms_sender)}",
        ]
    return lines


_SECRETS = {"mis_token": "mis", "mail_password": "mail", "sms_password": "sms"}


def secrets_told(told: Mapping[str, SecretRef], places: Places) -> Mapping[Path, SecretRef]:
    """Which file of the configuration is to hold what, by where the answers say that it is."""
    return {places.secrets / _SECRETS[key]: reference for key, reference in told.items()}


def _secret(key: str, told: str | None, file: Path) -> list[str]:
    return [] if told is None else [f"      {key}: {_text(f'file:{file}')}"]


def _text(value: object) -> str:
    """JSON is YAML."""
    return json.dumps(value, ensure_ascii=False)


def unit(program: Path, places: Places, *, root: bool) -> str:
    """The service of `nextvisit up`. Root's begins as root, which makes files its users' and steps down."""
    config, command = _word(f"NEXTVISIT_CONFIG={places.config}"), _word(program, dollars=True)
    keys, data = _word(places.keys), _word(places.data)
    head = f"""\
# Written once by `nextvisit setup`, and yours: it is never written over.
[Unit]
Description=NextVisit
After=network-online.target time-sync.target
Wants=network-online.target

[Service]
Environment={config}
ExecStart={command} up --data {_word(places.data, dollars=True)}
Restart=on-failure
RestartSec=10
# 3: something has to be corrected, and no patience mends it.
RestartPreventExitStatus=3
KillMode=mixed
TimeoutStopSec=90
LimitNOFILE=65536
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
"""
    if not root:
        return f"{head}\n[Install]\nWantedBy=default.target\n"
    return f"""{head}\
# What root needs to hand files over and to become the users of the roles, and nothing else.
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL CAP_SETGID CAP_SETUID
ProtectSystem=strict
ReadWritePaths={keys} {data}
ProtectHome=yes
PrivateTmp=yes
PrivateMounts=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
DevicePolicy=closed
SystemCallFilter=@system-service landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


def _word(text: object, *, dollars: bool = False) -> str:
    """As systemd reads it. dollars: where it would put a variable in."""
    word = str(text).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    word = word.replace("$", "$$") if dollars else word
    return f'"{word}"' if _APART.search(word) else word


_APART = re.compile(r"[^\w/.:=+@%$,~-]")


def proxy(settings: Settings) -> str:
    """For nginx, which ends TLS and passes on which name it was asked for."""
    public = urlsplit(settings.site.public_url)
    host, path = public.hostname or "", public.path
    at = f"http://{settings.api.host}:{settings.api.port}"
    passed = f"""\
        proxy_pass {at};
        proxy_set_header Host $host;
        proxy_http_version 1.1;
        proxy_set_header Connection "";"""
    strip = f"        rewrite ^{path}(/.*)$ $1 break;\n" if path else ""
    return f"""\
# An example for nginx, written once by `nextvisit setup`: name your certificate in it.
limit_req_zone $binary_remote_addr zone=nextvisit:10m rate=10r/s;

server {{
    listen 443 ssl;
    listen [::]:443 ssl;
    http2 on;
    server_name {host};
    ssl_certificate     /etc/ssl/certs/{host}.pem;
    ssl_certificate_key /etc/ssl/private/{host}.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    # A path holds a patient's token: it belongs into no log.
    access_log off;

    # Patients' pages, pixels and the link of each mail by which they leave.
    location ~ ^{path}/(v|p|u)/ {{
        limit_req zone=nextvisit burst=40 nodelay;
        client_max_body_size 64k;
{strip}{passed}
    }}

    # What providers and the MIS call. Let in whom you know: allow 192.0.2.0/24; deny all;
    location {path}/webhooks/ {{
        client_max_body_size 1m;
{strip}{passed}
    }}

    location / {{
        return 404;
    }}
}}

server {{
    listen 80;
    listen [::]:80;
    server_name {host};
    return 301 https://$host$request_uri;
}}
"""
