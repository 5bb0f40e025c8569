"""An edge whose centre stands behind TLS with a certificate of the plant's own authority."""

import shutil
import signal
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import far
import pytest
from far import SITE, TOKEN, Cable, Edge, stands, until, whole

pytestmark = pytest.mark.database
AUTHORITY = "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"


def certificate(folder: Path, name: str, signer: str | None = None, *also: str) -> None:
    """`signer` None: an authority that vouches for itself."""
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-subj", f"/CN={name}", "-days", "2", "-keyout", f"{name}.key", "-out", f"{name}.pem"]
    words += ["-CA", f"{signer}.pem", "-CAkey", f"{signer}.key"] if signer else []
    for each in also if signer else AUTHORITY:
        words += ["-addext", each]
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("Debian's openssl is not installed")
    folder = tmp_path_factory.mktemp("keys")
    certificate(folder, "plant")
    certificate(folder, "stranger")
    certificate(folder, "centre", "plant", "subjectAltName=IP:127.0.0.1", "basicConstraints=CA:FALSE")
    certificate(folder, "elsewhere", "plant", "subjectAltName=DNS:elsewhere", "basicConstraints=CA:FALSE")
    return folder


@pytest.fixture(scope="module")
def counting(registers: Any) -> Iterator[Any]:
    bank = far.counting(registers)
    yield bank
    bank.stop()


@pytest.fixture(scope="module")
def centre(serve_for_file: Callable[..., Any], counting: Any) -> Any:
    return serve_for_file(SITE.format(port=counting.port), PARKWATT_TOKEN=TOKEN)


@pytest.fixture
def behind(centre: Any, keys: Path) -> Iterator[Callable[[str], Cable]]:
    """Ends TLS before the centre with one of the certificates."""
    ends: list[Cable] = []

    def end(name: str) -> Cable:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(keys / f"{name}.pem", keys / f"{name}.key")
        ends.append(Cable(int(centre.url.rpartition(":")[2]), tls=context))
        return ends[-1]

    yield end
    for each in ends:
        each.close()


def test_an_own_authority_is_trusted_when_named_and_what_waited_for_it_is_not_lost(
    centre: Any,
    behind: Callable[[str], Cable],
    keys: Path,
    counting: Any,
    tmp_path: Path,
) -> None:
    config = Path(centre.variables["PARKWATT_CONFIG_DIR"])
    edge = Edge(tmp_path, config, f"https://127.0.0.1:{behind('centre').port}")
    ends: list[int] = []
    try:
        for options in ((), ("--ca", str(keys / "stranger.pem"))):
            seen, before = counting.count, edge.log.stat().st_size if edge.log.exists() else 0
            edge.start(*options)
            until(lambda: "is not trusted here" in edge.log.read_text()[before:])  # noqa: B023  # called at once
            until(lambda: counting.count > seen + 5)  # noqa: B023  # as above
            assert edge.end(signal.SIGTERM) == 0
            assert stands(centre) == []
            ends.append(counting.count)
        assert "name its authority with --ca" in edge.log.read_text()
        edge.start("--ca", str(keys / "plant.pem"))
        until(lambda: ends[-1] + 5 in stands(centre) and whole(stands(centre), *ends))
        assert edge.end(signal.SIGTERM) == 0
        assert stands(centre)[0] == 1
        assert TOKEN not in edge.log.read_text()
        assert TOKEN not in centre.log.read_text()
    finally:
        edge.end(signal.SIGKILL)


def test_a_certificate_for_another_name_is_refused_by_what_it_is_for(
    centre: Any,
    behind: Callable[[str], Cable],
    keys: Path,
    tmp_path: Path,
) -> None:
    config = Path(centre.variables["PARKWATT_CONFIG_DIR"])
    edge = Edge(tmp_path, config, f"https://127.0.0.1:{behind('elsewhere').port}")
    stood = stands(centre)
    edge.start("--ca", str(keys / "plant.pem"))
    try:
        until(lambda: "its certificate is for another name" in edge.log.read_text())
        assert edge.end(signal.SIGTERM) == 0
        assert stands(centre) == stood
    finally:
        edge.end(signal.SIGKILL)
