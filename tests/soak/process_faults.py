"""Kills, stops and wakes the service's processes."""

import os
import signal
import time
from contextlib import ExitStack

from sqlalchemy import ColumnElement, select

from tests.soak.harm import Fault, Harm, Scene
from tests.soak.processes import NoTargetError, children_of, is_alive, kill, stopped
from webapp.database.models import Evaluation, EvaluationState
from webapp.processes.programs import BEAT, BROKER, WEB

END_SECONDS = 30.0
"""A worker that is told to stop ends within this time."""

RELOAD_SECONDS = 60.0
LONGEST_WORK_SECONDS = 15.0
_LONG_STOP_SHARE = 0.2


def kill_worker_child(scene: Scene) -> Harm:
    """Kill one child of a worker."""
    yield 0.0
    return kill(scene.child_of(scene.worker()))


def kill_worker(scene: Scene) -> Harm:
    """Kill a worker's main process."""
    yield 0.0
    return kill(scene.worker())


def kill_worker_group(scene: Scene) -> Harm:
    """Kill a worker with everything that it has started."""
    yield 0.0
    os.killpg(scene.worker(), signal.SIGKILL)
    return True


def kill_beat(scene: Scene) -> Harm:
    """Kill the sweeper."""
    yield 0.0
    return kill(scene.process_id(BEAT))


def kill_web_child(scene: Scene) -> Harm:
    """Kill a process that answers requests."""
    yield 0.0
    return kill(scene.child_of(scene.process_id(WEB)))


def kill_web(scene: Scene) -> Harm:
    """Kill the process that starts those that answer requests."""
    yield 0.0
    return kill(scene.process_id(WEB))


def kill_broker(scene: Scene) -> Harm:
    """Kill the broker."""
    yield 0.0
    return kill(scene.process_id(BROKER))


def stop_worker_child(scene: Scene) -> Harm:
    """Pause a worker's child beyond its lease."""
    process = scene.child_of(scene.worker())
    with stopped(process):
        yield scene.stack.lease_seconds + 2.0
        return is_alive(process)


def stop_worker(scene: Scene) -> Harm:
    """Pause a worker's main process beyond the lease."""
    process = scene.worker()
    with stopped(process):
        yield scene.stack.lease_seconds + 6.0
        return is_alive(process)


def stop_worker_group(scene: Scene) -> Harm:
    """Pause a whole worker beyond its lease."""
    process = scene.worker()
    with stopped(process, is_group=True):
        yield scene.stack.lease_seconds + 6.0
        return is_alive(process)


def stop_web(scene: Scene) -> Harm:
    """Pause the whole web server."""
    process = scene.process_id(WEB)
    with stopped(process, is_group=True):
        yield 5.0
        return is_alive(process)


def stop_broker(scene: Scene) -> Harm:
    """Pause the broker: it takes connections, and answers none."""
    process = scene.process_id(BROKER)
    with stopped(process):
        yield 30.0 if scene.draws.random() < _LONG_STOP_SHARE else 3.0
        return is_alive(process)


def terminate_worker(scene: Scene) -> Harm:
    """Tell a worker to stop, as a deployment does."""
    process = scene.worker()
    os.kill(process, signal.SIGTERM)
    began = time.monotonic()
    while is_alive(process):
        if time.monotonic() - began > END_SECONDS:
            scene.complaints.append(f"a worker lived {END_SECONDS:.0f} s after SIGTERM")
            kill(process)
            return True
        yield 0.2
    return True


def reload_web(scene: Scene) -> Harm:
    """Replace the processes that answer requests, one after the other."""
    process = scene.process_id(WEB)
    before = set(children_of(process))
    os.kill(process, signal.SIGHUP)
    ends_at = time.monotonic() + RELOAD_SECONDS
    while before & set(children_of(process)):
        if time.monotonic() > ends_at:
            scene.complaints.append(f"a reload was not over after {RELOAD_SECONDS:.0f} s")
            return False
        yield 0.2
    return bool(before)


def overtake_worker(scene: Scene) -> Harm:
    """Pause a worker before its last step until another has its work, then wake it.

    Earlier it would find out by itself that its lease is lost; at the end only the fence holds it
    back. The other sleeps until then, so that the work is certainly the first one's.
    """
    names = scene.draws.sample(scene.stack.workers, 2)
    first, second = (scene.process_id(name) for name in names)
    with ExitStack() as asleep:
        with stopped(second, is_group=True):
            yield scene.stack.lease_seconds + 1.0
            ends_at = time.monotonic() + LONGEST_WORK_SECONDS
            while not (before := _nearly_done(scene)):
                if time.monotonic() > ends_at:
                    raise NoTargetError
                yield 0.05
            asleep.enter_context(stopped(first, is_group=True))
        ends_at = time.monotonic() + scene.stack.lease_seconds + LONGEST_WORK_SECONDS
        while (now := _attempts_under_way(scene, list(before))) and time.monotonic() < ends_at:
            if any(now.get(row, 0) > attempt for row, attempt in before.items()):
                return is_alive(first)
            yield 0.1
    return False


def _nearly_done(scene: Scene) -> dict[int, int]:
    """Return attempts by the ids of evaluations that have one slide to go."""
    is_nearly_done = Evaluation.slides_done == Evaluation.slides_total - 1
    return _attempts(scene, is_nearly_done)


def _attempts_under_way(scene: Scene, ids: list[int]) -> dict[int, int]:
    return _attempts(scene, Evaluation.id.in_(ids))


def _attempts(scene: Scene, condition: ColumnElement[bool]) -> dict[int, int]:
    with scene.stack.runtime.reading() as session:
        unfinished = (EvaluationState.QUEUED, EvaluationState.RUNNING)
        rows = session.execute(
            select(Evaluation.id, Evaluation.attempt).where(
                Evaluation.state.in_(unfinished), condition
            )
        )
        return {row.id: row.attempt for row in rows}


FAULTS = (
    Fault("worker child killed", kill_worker_child),
    Fault("worker killed", kill_worker),
    Fault("worker group killed", kill_worker_group),
    Fault("beat killed", kill_beat),
    Fault("web child killed", kill_web_child),
    Fault("web killed", kill_web),
    Fault("broker killed", kill_broker),
    Fault("worker child stopped beyond its lease", stop_worker_child),
    Fault("worker stopped beyond its lease", stop_worker),
    Fault("worker group stopped beyond its lease", stop_worker_group),
    Fault("web stopped 5 s", stop_web),
    Fault("broker stopped 3 or 30 s", stop_broker),
    Fault("worker told to stop", terminate_worker, is_alone=True),
    Fault("web reloaded", reload_web, is_alone=True),
)
OVERTAKING = Fault("worker overtaken", overtake_worker)
"""The fault of the control run: without the fence it shows."""
