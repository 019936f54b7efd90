"""What is wrong with the other side's certificate, in words: each is another person's to mend.

The numbers are X509_V_ERR_… of OpenSSL's x509_vfy.h.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_NOT_YET_VALID, _EXPIRED = 9, 10
_OTHER_NAMES = (62, 63, 64)

_UNTRUSTED: Final = "its certificate is of an authority that is not trusted here; set ca_file"
_FAULTS: Final[Mapping[int, str]] = MappingProxyType(
    {
        _NOT_YET_VALID: "its certificate is not valid yet by the clock of this machine; see which is wrong",
        _EXPIRED: "its certificate has expired by the clock of this machine; whoever runs it has to renew it",
    }
    | dict.fromkeys(_OTHER_NAMES, "its certificate is for another name; connect by the name that it is for")
)


def certificate_fault(error: BaseException | None) -> str | None:
    """Of whatever is behind `error`; None where it is not about a certificate."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return _FAULTS.get(error.verify_code, _UNTRUSTED)
        error = error.__cause__ or error.__context__
    return None
