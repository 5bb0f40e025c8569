"""What a provider of sign-ins may open."""

import pytest

from telemetry.access.vouching import grant_of, unfit_roles
from telemetry.settings.provider import Granted, ProviderSettings


def _settings(*grants: Granted) -> ProviderSettings:
    return ProviderSettings("https://sso.park.example", "parkwatt", "a-secret", "SSO", "groups", grants)


@pytest.mark.parametrize(
    "granted",
    [
        Granted("a", ("guest",), None),
        Granted("a", ("nobody",), None),
        Granted("a", ("push",), None),
        Granted("a", ("integrator",), ("E1",)),
    ],
)
def test_roles_that_nobody_can_have_by_it_are_named(granted: Granted) -> None:
    assert len(unfit_roles(_settings(granted))) == 1


def test_the_first_that_fits_counts_and_nothing_is_joined() -> None:
    manager = Granted("managers", ("enterprise-administrator",), ("E1",))
    staff = Granted("staff", ("enterprise-user",), ("E2",))
    settings = _settings(manager, staff)
    assert grant_of(settings, {"groups": ["staff", "managers"]}) == manager
    assert grant_of(settings, {"groups": "staff"}) == staff
    for groups in ([], None, ["Staff"], {"staff": True}, [["staff"]], 7):
        assert grant_of(settings, {"groups": groups}) is None
