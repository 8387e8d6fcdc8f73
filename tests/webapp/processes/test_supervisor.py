import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.waiting import is_gone
from webapp.processes import programs
from webapp.processes.embedded import broker_answers
from webapp.processes.home import prepare_home
from webapp.processes.programs import with_own_packages
from webapp.processes.supervisor import HomeBusyError, PortTakenError, Service, running_service
from webapp.runtime import Runtime
from webapp.services.records.liveness import list_heartbeats

pytestmark = pytest.mark.processes

CLEAN_ENVIRONMENT = {"PATH": os.environ["PATH"]}
PROGRAMS = (programs.BROKER, programs.WEB, programs.WORKER, programs.BEAT)

SERVE = """
import sys, time
from pathlib import Path
from webapp.processes.supervisor import running_service
with running_service(Path(sys.argv[1])) as service:
    print(*(service.process_id(name) for name in sys.argv[2:]), flush=True)
    time.sleep(60)
"""


def roles_seen(service: Service) -> set[str]:
    with Runtime(service.settings).reading() as session:
        return {pulse.role for pulse in list_heartbeats(session)}


def status_of(url: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", "/healthz")
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_home_is_served_by_four_programs_once_at_a_time(tmp_path: Path) -> None:
    with running_service(tmp_path, environment=CLEAN_ENVIRONMENT) as service:
        deadline = time.monotonic() + 30
        while roles_seen(service) != {"worker", "slot", "beat"} and time.monotonic() < deadline:
            time.sleep(0.1)

        assert status_of(service.url) == 200
        assert roles_seen(service) == {"worker", "slot", "beat"}
        with pytest.raises(HomeBusyError), running_service(tmp_path, environment=CLEAN_ENVIRONMENT):
            pass
        doctor = subprocess.run(
            [sys.executable, "-m", "webapp.cli", "doctor", "--home", str(tmp_path)],
            env=with_own_packages(CLEAN_ENVIRONMENT),
            capture_output=True,
            text=True,
            check=False,
        )
        assert doctor.returncode == 0, doctor.stdout + doctor.stderr
        processes = [service.process_id(name) for name in PROGRAMS]

    assert all(process is not None and is_gone(process) for process in processes)


def test_a_port_that_something_else_holds_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with (
            pytest.raises(PortTakenError, match=f"port {port} .*choose another"),
            running_service(tmp_path, port=port, environment=CLEAN_ENVIRONMENT),
        ):
            pass


def environment_of(process: int | None) -> set[str]:
    """Return the names of the variables that a process was started with."""
    lines = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    return {line.partition(b"=")[0].decode() for line in lines if line}


def test_only_the_worker_knows_where_the_truth_lies(tmp_path: Path) -> None:
    with running_service(tmp_path, environment=CLEAN_ENVIRONMENT) as service:
        knowing = {
            name
            for name in (programs.WEB, programs.WORKER, programs.BEAT)
            if "CAMELYON_TRUTH_DIR" in environment_of(service.process_id(name))
        }

    assert knowing == {programs.WORKER}


def test_in_production_every_program_of_ours_logs_json(tmp_path: Path) -> None:
    with running_service(
        tmp_path, environment={**CLEAN_ENVIRONMENT, "CAMELYON_LOG_FORMAT": "json"}
    ) as service:
        deadline = time.monotonic() + 30
        while roles_seen(service) != {"worker", "slot", "beat"} and time.monotonic() < deadline:
            time.sleep(0.1)
        logs = {name: (service.home.logs / f"{name}.log").read_text() for name in PROGRAMS}

    web = [json.loads(line) for line in logs[programs.WEB].splitlines()]
    worker = [json.loads(line) for line in logs[programs.WORKER].splitlines() if line[:1] == "{"]
    assert any(str(line["event"]).startswith("Listening at") for line in web)
    (confinement,) = [line for line in worker if line["event"] == "decoder confinement"]
    assert confinement["active"] in {"limited", "sealed", "isolated"}
    assert logs[programs.BEAT].startswith("{")


def test_a_killed_supervisor_leaves_no_program_behind(tmp_path: Path) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path), *PROGRAMS],
        env=with_own_packages(CLEAN_ENVIRONMENT),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert supervisor.stdout is not None
    processes = [int(word) for word in supervisor.stdout.readline().split()]

    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    supervisor.stdout.close()

    assert len(processes) == 4
    assert all(is_gone(process) for process in processes)


def test_doctor_says_what_is_wrong_with_a_home_that_is_not_served(tmp_path: Path) -> None:
    prepare_home(tmp_path)
    environment = {**CLEAN_ENVIRONMENT, "CAMELYON_REDIS_URL": "redis://127.0.0.1:1/0"}

    doctor = subprocess.run(
        [sys.executable, "-m", "webapp.cli", "doctor", "--home", str(tmp_path)],
        env=with_own_packages(environment),
        capture_output=True,
        text=True,
        check=False,
    )

    assert doctor.returncode == 1
    assert "BAD  broker does not answer" in doctor.stdout
    assert "BAD  database: run `camelyon db upgrade`" in doctor.stdout


def open_paths(folder: Path) -> list[Path]:
    """Return what group or others could do anything with, were the folder itself open."""
    everything = (folder, *folder.rglob("*"))
    return [path for path in everything if path.lstat().st_mode & 0o077]


def said_of_files(home: Path) -> str:
    """Return what the doctor says of a home's modes."""
    doctor = subprocess.run(
        [sys.executable, "-m", "webapp.cli", "doctor", "--home", str(home)],
        env=with_own_packages(CLEAN_ENVIRONMENT),
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = [
        line
        for line in doctor.stdout.splitlines()
        if " other users " in line or " files are " in line
    ]
    return line


def test_an_open_home_is_its_owners_alone_once_it_is_served(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_service(home, environment=CLEAN_ENVIRONMENT):
        pass
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    before = os.umask(0o022)
    try:
        doubts = said_of_files(home)
        with running_service(home, environment=CLEAN_ENVIRONMENT) as service:
            deadline = time.monotonic() + 60
            while not (home / "blobs" / "partial").exists() and time.monotonic() < deadline:
                time.sleep(0.1)
            assert status_of(service.url) == 200
            assert (home / "camelyon.sqlite3-wal").exists()
            open_while_served = open_paths(home)
            praise = said_of_files(home)
    finally:
        os.umask(before)

    assert doubts.startswith("BAD  other users can get at ")
    assert open_while_served == []
    assert open_paths(home) == []
    assert praise == "ok   files are their owner's alone"


def test_a_new_home_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with running_service(tmp_path / "home", environment=CLEAN_ENVIRONMENT) as service:
            deadline = time.monotonic() + 60
            while not (tmp_path / "home/blobs/partial").exists() and time.monotonic() < deadline:
                time.sleep(0.1)
            assert status_of(service.url) == 200
            assert open_paths(tmp_path / "home") == []
        assert os.umask(0o022) == 0o022  # that of the process itself is as it was
    finally:
        os.umask(before)


def test_a_broker_that_cannot_read_its_own_file_begins_anew(tmp_path: Path) -> None:
    with running_service(tmp_path, environment=CLEAN_ENVIRONMENT) as service:
        folder = tmp_path / "broker" / "appendonlydir"
        (own,) = folder.glob("*.incr.aof")
        before = service.process_id(programs.BROKER)
        assert before is not None
        own.write_bytes(b"no command of a broker\r\n" * 100)  # as a full disk can leave it

        os.killpg(before, signal.SIGKILL)

        deadline = time.monotonic() + 60
        while not broker_answers(service.settings.redis_address):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert (tmp_path / "broker" / "appendonlydir.broken").is_dir()
        assert folder.is_dir()
