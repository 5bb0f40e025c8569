"""What compose.yaml, the Dockerfile and the broker's configuration promise."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
DOCKERFILE = (ROOT / "Dockerfile").read_text()
BIN = f"{os.environ.get('PATH', '')}:/usr/sbin"


def test_every_secret_is_asked_for_and_none_has_a_default() -> None:
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|TOKEN)\w*)(:?\W)", TEXT)
    assert {name for name, _ in secrets} == {
        "PARKWATT_DATABASE_PASSWORD",
        "PARKWATT_MQTT_PASSWORD",
        "METERS_MQTT_PASSWORD",
        "PARKWATT_TOKEN",
    }
    assert {operator for _, operator in secrets} == {":?"}


def test_what_contacts_name_comes_from_a_file_that_neither_git_nor_the_image_take_along() -> None:
    [file] = COMPOSE["services"]["parkwatt"]["env_file"]
    assert file == {"path": "secrets.env", "required": False}
    for name in (".gitignore", ".dockerignore"):
        assert file["path"] in (ROOT / name).read_text().splitlines()


def test_the_database_is_one_whose_columns_can_be_restored() -> None:
    version = re.fullmatch(r"timescale/timescaledb:([\d.]+)-pg17", COMPOSE["services"]["database"]["image"])
    assert version
    assert tuple(map(int, version[1].split("."))) >= (2, 20, 1)


@pytest.mark.parametrize("service", ["database", "broker", "parkwatt"])
def test_a_service_restarts_says_its_health_and_listens_on_loopback_by_default(service: str) -> None:
    described = COMPOSE["services"][service]
    assert described["restart"] == "unless-stopped"
    assert "healthcheck" in described or (service == "parkwatt" and "HEALTHCHECK" in DOCKERFILE)
    assert all(":-127.0.0.1:" in port for port in described.get("ports", []))


def test_what_compose_mounts_and_names_is_there() -> None:
    volumes = [volume for service in COMPOSE["services"].values() for volume in service["volumes"]]
    named = {volume.split(":")[0] for volume in volumes if volume[0].isalpha()}
    assert named == set(COMPOSE["volumes"])
    assert all((ROOT / volume.split(":")[0]).exists() for volume in volumes if volume[0] == ".")


def test_the_image_runs_as_an_ordinary_user_by_the_steps_that_ci_runs() -> None:
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users == ["10001:10001"]
    assert "--uid 10001" in (ROOT / "image" / "steps.sh").read_text()
    assert re.findall(r"steps\.sh (\w+)", DOCKERFILE) == ["build", "runtime"]
    assert re.findall(r"steps\.sh (\w+)", (ROOT / "ci" / "image.sh").read_text()) == ["build", "runtime"]


@pytest.mark.broker
def test_the_broker_asks_for_a_password_and_lets_meters_write_and_parkwatt_read(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    if not shutil.which("mosquitto", path=BIN) or not shutil.which("mosquitto_sub", path=BIN):
        pytest.skip("Mosquitto and its clients are not installed")
    port = free_port()
    with _broker(tmp_path, port) as broker:
        try:
            _await(port)
            anonymous = _client(port, "mosquitto_pub", "-t", "park/m1", "-m", "1")
            assert "not authori" in anonymous.stderr.lower()
            own = ["-u", "parkwatt", "-P", "reads"]
            kept = [*own, "-i", "parkwatt", "-c", "-q", "1", "-t", "park/#", "-W", "5"]
            _client(port, "mosquitto_sub", *kept, "-E")
            for user, password, text in (("meters", "writes", "42"), ("parkwatt", "reads", "forged")):
                publish = ["-u", user, "-P", password, "-t", "park/m1", "-m", text, "-q", "1"]
                _client(port, "mosquitto_pub", *publish)
            assert _client(port, "mosquitto_sub", *kept, "-C", "2", "-W", "1").stdout.split() == ["42"]
        finally:
            broker.terminate()


def _broker(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """The command of compose.yaml with its paths and port moved into the test's folder."""
    config = (ROOT / "deploy" / "mosquitto.conf").read_text()
    moved = {
        "listener 1883": f"listener {port} 127.0.0.1\nuser root",
        "/tmp/passwords": str(folder / "passwords"),  # noqa: S108  # inside the container
        "/mosquitto/config/mosquitto.acl": str(ROOT / "deploy" / "mosquitto.acl"),
        "/mosquitto/data/": f"{folder}/",
    }
    for old, new in moved.items():
        assert old in config
        config = config.replace(old, new)
    (folder / "mosquitto.conf").write_text(config)
    environment = {
        "PATH": BIN,
        "PASSWORDS": str(folder / "passwords"),
        "CONFIG": str(folder / "mosquitto.conf"),
        "PARKWATT_MQTT_PASSWORD": "reads",
        "METERS_MQTT_PASSWORD": "writes",
    }
    return subprocess.Popen(["sh", ROOT / "deploy" / "broker.sh"], env=environment)


def _client(port: int, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [program, "-h", "127.0.0.1", "-p", str(port), "-V", "5", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env={"PATH": BIN})


def _await(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if "not authori" in _client(port, "mosquitto_pub", "-t", "x", "-m", "1").stderr.lower():
            return
        time.sleep(0.1)
    pytest.fail("the broker did not start")
