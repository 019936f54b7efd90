"""What settings say of the world, and the world has not: a country, a phone number, a host, a language."""

from __future__ import annotations

import re

from pydantic import ValidationInfo


def country(code: str) -> str:
    """Raises ValueError, with what to write."""
    import phonenumbers  # noqa: PLC0415  slow to load, and a check of a campaign reads no settings

    if code not in phonenumbers.SUPPORTED_REGIONS:
        message = "is no country; write the two letters of ISO 3166, such as PL"
        raise ValueError(message)
    return code


def phone(number: str, info: ValidationInfo) -> str:
    """As patients read it, and can dial it: of the country that stands beside it. Raises ValueError."""
    import phonenumbers  # noqa: PLC0415  as above

    where = info.data.get("country")
    if where is None:  # its own fault is told
        return number
    try:
        read = phonenumbers.parse(number, where)
    except phonenumbers.NumberParseException:
        read = None
    ours = phonenumbers.country_code_for_region(where)
    if read is None or read.country_code != ours or not phonenumbers.is_possible_number(read):
        example = phonenumbers.example_number(where)
        form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
        like = "" if example is None else f"; one looks like {phonenumbers.format_number(example, form)}"
        message = f"is no phone number of {where}{like}"
        raise ValueError(message)
    return number


def host(name: str) -> str:
    """Raises ValueError."""
    if not _HOST.fullmatch(name):
        message = (
            "must be a host's name or address, without a port: smtp.clinic.example, 192.0.2.7, 2001:db8::7"
        )
        raise ValueError(message)
    return name


_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")


def language(tag: str) -> str:
    """Raises ValueError."""
    if tag.partition("-")[0] not in _LANGUAGES:
        message = f"`{tag}` is no language; write the letters of ISO 639, such as pl or pt-BR"
        raise ValueError(message)
    return tag


# ISO 639-1, and after it what of ISO 639-2 has no two letters and millions who speak it.
_CODES = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv
dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie
ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv
mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm
rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts
tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
ast bal ber bho ceb ckb crh csb dsb fil gsw hsb hmn ilo kab kok kri lad luo mad mag mai mni nds rom
sat szl tet
"""
_LANGUAGES = frozenset(_CODES.split())
