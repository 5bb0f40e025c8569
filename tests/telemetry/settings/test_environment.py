from pathlib import Path

import pytest

from telemetry.settings.environment import is_loopback, read_environment
from telemetry.settings.mistakes import ConfigError
from telemetry.settings.token import digest, first_token

TOKEN = "a-token-of-a-test-0123456789"  # noqa: S105  # made for this test


def test_without_configuration_the_service_listens_on_loopback() -> None:
    environment = read_environment({"HOME": "/nowhere"})
    assert (environment.host, environment.port, environment.loopback) == ("127.0.0.1", 8000, True)


@pytest.mark.parametrize("port", ["0", "65536", "eight", "-1", ""])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ConfigError, match="PARKWATT_PORT"):
        read_environment({"PARKWATT_PORT": port})


@pytest.mark.parametrize("size", ["15", "1GB", "-1"])
def test_a_spool_without_a_size_is_refused(size: str) -> None:
    with pytest.raises(ConfigError, match="PARKWATT_SPOOL_MB"):
        read_environment({"PARKWATT_SPOOL_MB": size})


def test_a_missing_configuration_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="PARKWATT_CONFIG_DIR"):
        read_environment({"PARKWATT_CONFIG_DIR": str(tmp_path / "nowhere")})


def test_a_guessable_token_is_refused() -> None:
    with pytest.raises(ConfigError, match="PARKWATT_TOKEN"):
        read_environment({"PARKWATT_TOKEN": "secret"})


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("meter.example", False)],  # noqa: S104
)
def test_loopback_is_recognised(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_loopback_asks_for_no_token(tmp_path: Path) -> None:
    assert first_token(read_environment({"PARKWATT_DATA_DIR": str(tmp_path)})) == (None, None)


def test_beyond_loopback_a_token_is_made_once_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    environment = read_environment({"PARKWATT_DATA_DIR": str(tmp_path), "PARKWATT_HOST": "0.0.0.0"})  # noqa: S104
    known, made = first_token(environment)
    assert made is not None
    assert known == digest(made)
    kept = tmp_path / "token.sha256"
    assert made not in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    assert first_token(environment) == (known, None)


def test_a_named_token_counts(tmp_path: Path) -> None:
    environment = read_environment({"PARKWATT_DATA_DIR": str(tmp_path), "PARKWATT_TOKEN": TOKEN})
    assert first_token(environment) == (digest(TOKEN), None)
