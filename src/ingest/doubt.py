"""Why another's certificate is refused, and what can be done."""

import ssl

_NAME_MISMATCH, _ADDRESS_MISMATCH, _EXPIRED = 62, 64, 10
"""X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH and _CERT_HAS_EXPIRED of OpenSSL's x509_vfy.h."""


def doubted(error: ssl.SSLCertVerificationError, authority: str) -> str:
    """`authority` is how one names an authority of one's own."""
    if error.verify_code in {_NAME_MISMATCH, _ADDRESS_MISMATCH}:
        return f"its certificate is for another name: {error.verify_message}"
    if error.verify_code == _EXPIRED:
        return "its certificate has expired, or the clock here is wrong"
    return (
        f"its certificate is not trusted here ({error.verify_message}); "
        f"if it is of your own, name its authority with {authority}"
    )
