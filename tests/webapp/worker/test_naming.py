import fcntl
import os
from pathlib import Path

from webapp.worker.naming import take_worker_name


def test_two_workers_of_a_machine_have_their_own_names(tmp_path: Path) -> None:
    host = os.uname().nodename

    first, _ = take_worker_name(tmp_path)
    second, lock = take_worker_name(tmp_path)

    assert (first, second) == (f"worker-1@{host}", f"worker-2@{host}")
    os.close(lock)


def test_a_worker_that_is_restarted_has_its_name_again(tmp_path: Path) -> None:
    first, lock = take_worker_name(tmp_path)
    os.close(lock)  # as when the process ends, however it ends

    again, lock = take_worker_name(tmp_path)

    assert again == first
    assert fcntl.fcntl(lock, fcntl.F_GETFD) & fcntl.FD_CLOEXEC  # its slots do not hold it
