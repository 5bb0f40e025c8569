import pytest

from telemetry.access.asker import Asker
from telemetry.access.permissions import PERMISSIONS, Reach, Rule, _read


@pytest.mark.parametrize(
    ("method", "path", "reach"),
    [
        ("GET", "/api/v1/meters", Reach.PARK),
        ("GET", "/api/v1/meters/M-101", Reach.PARK),
        ("POST", "/api/v1/keys/3/rotation", Reach.PARK),
        ("GET", "/healthz", Reach.ANYONE),
    ],
)
def test_a_rule_is_found_by_method_and_path(method: str, path: str, reach: Reach) -> None:
    found = PERMISSIONS.rule(method, path)
    assert found is not None
    assert found.permission in PERMISSIONS.meanings
    assert (found.reach is Reach.ANYONE) == (reach is Reach.ANYONE)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/v1/meters"),
        ("GET", "/api/v1/meters/"),
        ("GET", "/api/v1/meters/a/b"),
        ("GET", "/api/v1/meters/{code}/"),
        ("GET", "/api/v1/nothing"),
        ("GET", "/api/v1/METERS"),
    ],
)
def test_what_the_table_lacks_has_no_rule_and_is_open_to_nobody(method: str, path: str) -> None:
    assert PERMISSIONS.rule(method, path) is None
    assert Asker("root", ("park-administrator", "admin")).refused(None) is not None


def test_roles_may_what_they_may_together_and_unknown_ones_nothing() -> None:
    asker = Asker("key", ("push", "guest", "superuser"))
    assert asker.permissions == PERMISSIONS.roles["push"].may | PERMISSIONS.roles["guest"].may
    assert Asker("key", ("superuser",)).permissions == frozenset()


def test_what_is_of_the_whole_park_is_closed_to_whoever_has_areas() -> None:
    tenant = Asker("tenant", ("admin",), frozenset({"E1"}))
    assert tenant.refused(Rule("see-energy", Reach.PARK)) is not None
    assert tenant.refused(Rule("see-energy", Reach.OWN)) is None
    assert tenant.refused(Rule("see-energy", Reach.COMMON)) is None
    assert Asker("owner", ("admin",)).refused(Rule("see-energy", Reach.PARK)) is None


def test_a_role_without_the_permission_is_refused_with_its_name() -> None:
    refused = Asker("wall", ("guest",)).refused(Rule("correct", Reach.COMMON))
    assert refused == "This needs the permission correct, which guest does not have."


def test_an_auditor_and_a_guest_change_nothing() -> None:
    changing = {"push", "record", "correct", "close-periods", "manage-keys", "enter-readings"}
    for role in ("auditor", "guest", "read", "enterprise-user"):
        assert not changing & PERMISSIONS.roles[role].may


def test_a_table_that_names_what_it_lacks_is_refused() -> None:
    table = {
        "permissions": {"see": "See"},
        "roles": {"guest": {"means": "A guest", "for": "walls", "may": ["se"]}},
        "routes": {"GET /x": ["see", "park"]},
    }
    with pytest.raises(ValueError, match="se, which is no permission"):
        _read(table)
