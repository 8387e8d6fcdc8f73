import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from tests.waiting import is_gone
from tests.webapp.brokers import broker
from webapp.processes import embedded
from webapp.processes.home import prepare_home
from webapp.processes.launch import LOCKED_EXIT_STATUS
from webapp.processes.programs import with_own_packages

pytestmark = pytest.mark.processes

PARENT = """
import subprocess, sys, time
from webapp.processes.programs import BROKER, Program
import os
command, lock = tuple(sys.argv[2:]), sys.argv[1]
print(subprocess.Popen(Program(BROKER, command, lock).launch_command(os.getpid())).pid, flush=True)
time.sleep(60)
"""


def test_what_the_broker_was_given_survives_its_being_killed(tmp_path: Path) -> None:
    home = prepare_home(tmp_path)
    command = tuple(embedded.prepare_broker(home))
    url = home.broker_url.read_text().strip()
    with broker(home, command) as process:
        assert embedded.wait_until_ready(home)
        with redis.Redis.from_url(url) as client:
            for number in range(1000):
                client.lpush("hints", number)
            # While the disk is busy the broker keeps what it was given to itself for a moment.
            while client.info("persistence")["aof_buffer_length"]:
                time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()

    with broker(home, command):
        assert embedded.wait_until_ready(home)
        with redis.Redis.from_url(url) as client:
            length = client.llen("hints")
            policy = client.config_get("maxmemory-policy")

    assert length == 1000
    assert policy == {"maxmemory-policy": "noeviction"}


def test_the_broker_wants_its_password(tmp_path: Path) -> None:
    home = prepare_home(tmp_path)
    command = tuple(embedded.prepare_broker(home))
    with broker(home, command):
        assert embedded.wait_until_ready(home)
        secret, _, place = home.broker_url.read_text().strip().rpartition("@")

        with (
            redis.Redis.from_url(f"redis://{place}") as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()

    assert len(secret) > 32
    assert home.broker_url.stat().st_mode & 0o077 == 0


def test_a_second_broker_never_writes_the_same_file(tmp_path: Path) -> None:
    home = prepare_home(tmp_path)
    command = tuple(embedded.prepare_broker(home))
    with broker(home, command):
        assert embedded.wait_until_ready(home)

        with broker(home, command) as second:
            status = second.wait(10)

    assert status == LOCKED_EXIT_STATUS


def test_a_killed_parent_leaves_no_broker_behind(tmp_path: Path) -> None:
    home = prepare_home(tmp_path)
    command = embedded.prepare_broker(home)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(embedded.broker_lock(home)), *command],
        env=with_own_packages(os.environ),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    process = int(parent.stdout.readline())
    assert embedded.wait_until_ready(home)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert is_gone(process)


def test_nobody_answers_where_nobody_listens() -> None:
    assert not embedded.broker_answers(f"redis://127.0.0.1:{embedded.free_port()}/0")
