"""Serves requests in gunicorn's threads, which no client can hold: pages and uploads apart."""

import errno
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPMethod, HTTPStatus
from socket import socket
from typing import Any

# gunicorn has no type hints.
from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from webapp.http.health import ANSWERS
from webapp.server.client import Client
from webapp.server.heads import STATUSES, Head
from webapp.server.limits import MAX_CONNECTIONS, SPARE_CONNECTIONS, UPLOAD_THREADS, limits_of
from webapp.server.outgoing import Outgoing
from webapp.server.reception import Reception
from webapp.server.refusals import plain_answer, refusal
from webapp.server.watch import DatabaseWatch

_ACCEPTED_AT_ONCE = 16
_SWEEP_SECONDS = 0.2
_NO_CONNECTION = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED})
_READS = frozenset({HTTPMethod.GET, HTTPMethod.HEAD})


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # likewise
    """A worker whose loop receives and sends, and whose threads see whole requests only.

    gunicorn starts, stops and watches it, reads heads and writes answers; which connection is
    waited for, and until when, is decided by `Reception`.
    """

    poller: selectors.BaseSelector
    tpool: ThreadPoolExecutor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worker_connections = MAX_CONNECTIONS + SPARE_CONNECTIONS
        self._uploads = ThreadPoolExecutor(UPLOAD_THREADS, "upload")
        self._swept_at = 0.0

    def run(self) -> None:
        """Serve until told to stop."""
        settings = self.wsgi.extensions["camelyon"].settings
        self._watch = DatabaseWatch(settings.database_address)
        self._reception = Reception(self, self.poller, limits_of(settings))
        self._watch.start()
        try:
            super().run()
        finally:
            self._uploads.shutdown(wait=False)
            self._watch.stop()

    def accept(self, listener: socket) -> None:
        """Take over connections that wait at a listener."""
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                sock, peer = listener.accept()
            except OSError as error:
                if error.errno not in _NO_CONNECTION:
                    raise
                return
            self._reception.welcome(sock, peer, listener.getsockname())

    def serve(self, client: Client, head: Head) -> None:
        """Have a thread serve a request."""
        pool = self._uploads if head.is_large else self.tpool
        future = pool.submit(self._handle, client, head)
        future.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, client, done)
        )

    def answer_at_once(self, head: Head) -> bytes | None:
        """Answer a supervisor in the loop, which no thread and no lock can hold up."""
        judge = ANSWERS.get(head.request.path)
        if judge is None or head.request.method not in _READS or head.body_bytes:
            return None
        head.request.must_close = head.request.must_close or not self.alive
        status, body = judge(self._watch.finding())
        return plain_answer(
            status,
            body,
            keeps_alive=not head.request.should_close(),
            has_body=head.request.method == HTTPMethod.GET,
        )

    def soon(self, callback: Callable[[], None]) -> None:
        """Call in the loop, after what else is waiting."""
        self.method_queue.defer(callback)

    def finish_request(self, client: Client, future: "Future[bool]") -> None:
        """Send an answer, in the loop."""
        keeps_alive = not future.cancelled() and future.exception() is None and future.result()
        self._reception.answered(client, keeps_alive=keeps_alive)

    def murder_pending(self) -> None:
        """End what has lasted too long; gunicorn asks in every round of its loop."""
        now = time.monotonic()
        if now - self._swept_at >= _SWEEP_SECONDS:
            self._swept_at = now
            self._reception.end_overdue()
        self.nr_conns = len(self._reception.clients)

    def murder_keepalived(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - gunicorn's
        """End all connections when the time to stop gracefully is over."""
        if force:
            self._reception.close_all()

    def _cap_keepalive(self, deadline: float) -> None:
        self._reception.cap_waits(deadline)

    def _handle(self, client: Client, head: Head) -> bool:
        """Serve a request, in a thread; tell whether the connection may be kept."""
        outgoing = client.outgoing
        keeps_alive = False
        try:
            keeps_alive = bool(self.handle_request(head.request, client.exchange))
        except StopIteration:
            outgoing.close()  # gunicorn has logged what broke the answer off
        except OSError as error:
            self.log.debug("the client has gone: %s", error)
            outgoing.close()
        except Exception as error:  # noqa: BLE001 - it is logged and answered
            self.handle_error(head.request, outgoing, client.peer, error)
        if head.incoming.is_too_slow:
            outgoing.replace(refusal(HTTPStatus.REQUEST_TIMEOUT))
            return False
        return keeps_alive and not head.request.should_close()

    def handle_error(self, req: Any, client: Outgoing, addr: Any, exc: Exception) -> None:
        """Answer what is no HTTP without repeating the sender's bytes; log our own errors."""
        if isinstance(exc, errors.ParseException):
            client.replace(refusal(STATUSES.get(type(exc), HTTPStatus.BAD_REQUEST)))
        else:
            super().handle_error(req, client, addr, exc)
