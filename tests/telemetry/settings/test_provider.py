"""The provider of sign-ins, as the environment names it."""

import pytest

from telemetry.settings.mistakes import ConfigError
from telemetry.settings.provider import Granted, read_provider

GOOD = {
    "PARKWATT_OIDC_ISSUER": "https://sso.park.example/realms/park",
    "PARKWATT_OIDC_CLIENT_ID": "parkwatt",
    "PARKWATT_OIDC_CLIENT_SECRET": "a-secret-of-the-test-only",
}


def test_values_of_the_claim_open_roles_in_areas() -> None:
    roles = "a=b = energy-manager+auditor, x=enterprise-user@E1+E2"
    found = read_provider(GOOD | {"PARKWATT_OIDC_ROLES": roles})
    assert found is not None
    assert found.grants == (
        Granted("a=b", ("energy-manager", "auditor"), None),
        Granted("x", ("enterprise-user",), ("E1", "E2")),
    )
    assert (found.name, found.claim) == ("sso.park.example", "groups")
    assert read_provider({}) is None
    assert GOOD["PARKWATT_OIDC_CLIENT_SECRET"] not in repr(found)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ISSUER", "http://sso.park.example"),
        ("ISSUER", "sso.park.example"),
        ("CLIENT_ID", ""),
        ("CLIENT_SECRET", ""),
        ("ROLES", "admins"),
        ("ROLES", "=energy-manager"),
        ("ROLES", "a=enterprise-user@"),
        ("ROLES", "a=@E1"),
    ],
)
def test_a_mistake_names_its_variable(name: str, text: str) -> None:
    with pytest.raises(ConfigError) as told:
        read_provider(GOOD | {f"PARKWATT_OIDC_{name}": text})
    assert f"PARKWATT_OIDC_{name}" in str(told.value)
    assert "a-secret-of-the-test-only" not in str(told.value)
