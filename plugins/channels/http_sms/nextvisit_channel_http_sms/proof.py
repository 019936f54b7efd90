"""How a call shows that it is the gateway's: a secret that it brings, or a signature by a recipe.

Verified from the bytes as they came, in constant time, before anything of them is believed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, Literal, Self
from urllib.parse import quote

from pydantic import Field, field_validator, model_validator

from nextvisit.sdk.doors import RawRequest
from nextvisit.sdk.errors import ConfigError, Rejected, SettingsFault
from nextvisit.sdk.settings import PluginSettings, SecretRef, reveal
from nextvisit_channel_http_sms.reading import Unreadable, only, read_form
from nextvisit_channel_http_sms.template import Place, Template

_SHORTEST_SECRET: Final = 16
_WHOLE: Final = ("body", "url", "sorted_fields", "secret")
_FIELD, _HEADER = "field.", "header."
_HASHES: Final = {
    "hmac-sha256": hashlib.sha256,
    "hmac-sha1": hashlib.sha1,
    "hmac-md5": hashlib.md5,
    "sha256": hashlib.sha256,
    "sha1": hashlib.sha1,
    "md5": hashlib.md5,
}


class SharedSecret(PluginSettings):
    """A word that the gateway brings because it stands in the address that it was given.

    stands: in the `path`, as its last part, in the `query` or in a `header`, by `name`.
    """

    stands: Literal["path", "query", "header"]
    name: str | None = None
    secret: SecretRef

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.stands == "path") != (self.name is None):
            message = "a query or a header needs name, and a path has none"
            raise SettingsFault(message)
        return self

    def revealed(self) -> str:
        """Raises ConfigError, also for one that could be guessed."""
        secret = reveal(self.secret)
        if len(secret) < _SHORTEST_SECRET:
            why = f"is shorter than {_SHORTEST_SECRET} characters, and all that proves who calls"
            raise ConfigError("http_sms.callback_secret", why, place=self.secret)
        return secret

    def require(self, request: RawRequest, secret: str) -> None:
        """Raises Rejected."""
        match self.stands:
            case "path":
                brought = request.path.rpartition("/")[2]
            case "query":
                brought = _one(request.query, self.name or "")
            case _:
                brought = _one(request.headers, (self.name or "").lower())
        _require_equal(brought, secret)


class Signature(PluginSettings):
    """A digest over what the call says. The hmac- ones have the secret as their key; over the others stands
    `{secret}`.

    over: what is signed, in its order: `{body}`, as it came; `{url}`, that of `callbacks.url` with what the
        gateway added; `{sorted_fields}`, the names and values of a form by their names; `{field.NAME}`,
        `{header.NAME}`; and what stands between.
    header, field: where it stands, one of them. prefix: what stands before it. written: `hex` or `base64`.
    """

    secret: SecretRef
    by: Literal["hmac-sha256", "hmac-sha1", "hmac-md5", "sha256", "sha1", "md5"]
    over: str
    header: str | None = None
    field: str | None = None
    prefix: str = Field(default="", pattern=r"^[!-~]*$")
    written: Literal["hex", "base64"] = "hex"

    @field_validator("over")
    @classmethod
    def _is_recipe(cls, value: str) -> str:
        for name in Template.read(value).places:
            if name not in _WHOLE and not name.startswith((_FIELD, _HEADER)):
                known = "{body}, {url}, {sorted_fields}, {secret}, {field.NAME} or {header.NAME}"
                message = f"nothing fills {{{name}}}; write {known}"
                raise SettingsFault(message)
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.header is None) == (self.field is None):
            message = "the signature stands in a header or in a field: say which"
            raise SettingsFault(message)
        if self.is_keyed == ("secret" in self.signed):
            message = (
                "an hmac has the secret as its key, and not in `over`"
                if self.is_keyed
                else "without {secret} in `over` anybody could make it"
            )
            raise SettingsFault(message)
        return self

    @property
    def is_keyed(self) -> bool:
        """Whether the secret is a key."""
        return self.by.startswith("hmac-")

    @property
    def signed(self) -> frozenset[str]:
        """What of the call is: names of `over`."""
        return frozenset(Template.read(self.over).places)

    def revealed(self) -> str:
        """Raises ConfigError."""
        if not (secret := reveal(self.secret)):
            raise ConfigError("http_sms.callback_secret", "is empty", place=self.secret)
        return secret

    def require(self, request: RawRequest, secret: str, *, url: str, reads: str) -> None:
        """Raises Rejected. reads: as of `Callbacks`."""
        try:
            fields = read_form(request.body, "utf-8") if reads == "form" else request.query
            signed = self._signed(request, fields, secret, url)
            brought = self._brought(request, fields)
        except Unreadable:
            raise _rejected() from None
        if not brought.startswith(self.prefix):
            raise _rejected()
        brought = brought[len(self.prefix) :]
        made = _HASHES[self.by]
        digest = hmac.new(secret.encode(), signed, made).digest() if self.is_keyed else made(signed).digest()
        if self.written == "hex":
            _require_equal(brought.lower(), digest.hex())
        else:
            _require_equal(brought, base64.b64encode(digest).decode())

    def _brought(self, request: RawRequest, fields: tuple[tuple[str, str], ...]) -> str:
        if self.header is not None:
            return _one(request.headers, self.header.lower())
        return _one(fields, self.field or "")

    def _signed(
        self, request: RawRequest, fields: tuple[tuple[str, str], ...], secret: str, url: str
    ) -> bytes:
        whole: Mapping[str, bytes] = {
            "body": request.body,
            "url": _address(request, url).encode(),
            "sorted_fields": "".join(name + value for name, value in sorted(fields)).encode(
                "utf-8", "replace"
            ),
            "secret": secret.encode(),
        }
        pieces = []
        for each in Template.read(self.over).pieces:
            if not isinstance(each, Place):
                pieces.append(each.encode())
            elif each.name in whole:
                pieces.append(whole[each.name])
            elif each.name.startswith(_FIELD):
                pieces.append(_one(fields, each.name.removeprefix(_FIELD)).encode("utf-8", "replace"))
            else:
                name = each.name.removeprefix(_HEADER).lower()
                pieces.append(_one(request.headers, name).encode("utf-8", "replace"))
        return b"".join(pieces)


def beyond(request: RawRequest) -> tuple[str, ...]:
    """The parts of a call's path behind `/webhooks/` and the connection's name."""
    return tuple(each for each in request.path.split("/")[3:] if each)


def _address(request: RawRequest, url: str) -> str:
    """As the gateway was given it, and wrote it."""
    path = "/".join([url.rstrip("/"), *beyond(request)])
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in request.query)
    return f"{path}?{query}" if query else path


def _one(pairs: tuple[tuple[str, str], ...], name: str) -> str:
    """Empty where it is absent, which no secret is. Raises Rejected where it stands twice."""
    try:
        return only(pairs, name) or ""
    except Unreadable:
        raise _rejected() from None


def _require_equal(brought: str, wanted: str) -> None:
    if not hmac.compare_digest(brought.encode("utf-8", "replace"), wanted.encode()):
        raise _rejected()


def _rejected() -> Rejected:
    return Rejected("http_sms.signature", "the call does not prove that it is the gateway's", scope="account")
