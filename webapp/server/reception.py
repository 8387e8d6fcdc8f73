"""Receives requests and sends answers on all connections of one loop; threads only serve."""

import selectors
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ, EVENT_WRITE
from socket import SHUT_WR, socket
from typing import Any

import structlog

from webapp.http.proxies import forwarded_address
from webapp.server import limits as bounds
from webapp.server.admission import Admission
from webapp.server.client import Client, Server, State
from webapp.server.heads import Head, NotHttpError, head_length, read_head
from webapp.server.limits import Limits
from webapp.server.refusals import refusal

_PIECE_BYTES = 64 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

log = structlog.stdlib.get_logger(__name__)


class Reception:
    """All connections of one web process, from their arrival to their end.

    Attributes
    ----------
    clients : set of Client
    """

    def __init__(self, server: Server, poller: selectors.BaseSelector, limits: Limits) -> None:
        self._server = server
        self._poller = poller
        self._limits = limits
        self._admission = Admission(limits)
        self.clients: set[Client] = set()

    def welcome(self, sock: socket, peer: Any, server: Any) -> None:
        """Take over a connection that has just been accepted."""
        now = time.monotonic()
        sock.settimeout(0)
        client = Client(sock, peer, server, self._limits.least_rate, now)
        has_place = len(self.clients) < bounds.MAX_CONNECTIONS or self._dismiss(
            self._admission.first_to_go(self.clients), HTTPStatus.SERVICE_UNAVAILABLE
        )
        self.clients.add(client)
        self._expect(client, State.HEAD, EVENT_READ, now + self._limits.header_seconds)
        if not has_place:
            self._refuse(client, HTTPStatus.SERVICE_UNAVAILABLE)
        elif self._limits.n_proxies or self._seat(client, client.address):
            # Most requests are here already; read now, they cannot become the slowest of a crowd.
            self._guarded(client, self._go_on)

    def answered(self, client: Client, *, keeps_alive: bool) -> None:
        """Send the answer that a request was given, and go on with the connection."""
        client.keeps_alive = keeps_alive and not client.outgoing.is_broken
        self._end_upload(client)
        self._guarded(client, self._send)

    def end_overdue(self) -> None:
        """End every wait that has lasted too long."""
        now = time.monotonic()
        for client in [one for one in self.clients if one.deadline and one.deadline <= now]:
            self._guarded(client, self._end_wait)
        for client in self._admission.readers_too_many(self.clients):
            self._close(client)

    def cap_waits(self, deadline: float) -> None:
        """Wait no longer for clients that have not begun a request."""
        for client in self.clients:
            if client.deadline and client.state in {State.IDLE, State.HEAD} and not client.received:
                client.deadline = min(client.deadline, deadline)

    def close_all(self) -> None:
        """End every connection at once."""
        for client in list(self.clients):
            self._close(client)

    def _expect(self, client: Client, state: State, events: int, deadline: float | None) -> None:
        """Wait for events of a socket, in place of those before."""
        if events and not client.events:
            self._poller.register(client.sock, events, partial(self._on_ready, client))
        elif events != client.events and events:
            self._poller.modify(client.sock, events, partial(self._on_ready, client))
        elif client.events and not events:
            self._poller.unregister(client.sock)
        client.state, client.events, client.deadline = state, events, deadline

    def _on_ready(self, client: Client, sock: object) -> None:
        del sock
        if client.events:  # else the event is older than what became of the client
            self._guarded(client, self._go_on)

    def _guarded(self, client: Client, step: Callable[[Client], None]) -> None:
        """Do a step; whatever fails in it ends this connection alone."""
        try:
            step(client)
        except BlockingIOError:
            return  # an event too early: the next one comes
        except OSError:
            self._close(client)
        except Exception:
            log.exception("a connection was ended")
            self._close(client)

    def _go_on(self, client: Client) -> None:
        if client.state is State.SENDING:
            sent_bytes = client.outgoing.flush()
            client.deadline = client.keep_pace(sent_bytes, time.monotonic())
            if not client.outgoing.is_pending:
                self._after_answer(client)
            return
        piece = client.sock.recv(_PIECE_BYTES)
        client.arrived_bytes += len(piece)
        if client.state is State.LINGERING:
            if not piece:
                self._close(client)
        elif client.state is State.BODY:
            self._take_body(client, piece)
        elif not piece:
            self._close(client)
        else:
            self._take_head(client, piece)

    def _take_head(self, client: Client, piece: bytes) -> None:
        client.received += piece
        if client.state is State.IDLE:
            self._expect_head(client)
        self._look_for_head(client)

    def _expect_head(self, client: Client) -> None:
        client.began = time.monotonic()
        client.arrived_bytes = len(client.received)
        client.searched = 0
        self._expect(client, State.HEAD, EVENT_READ, client.began + self._limits.header_seconds)

    def _look_for_head(self, client: Client) -> None:
        length = head_length(client.received, client.searched)
        client.searched = len(client.received)
        if (length or client.searched) > bounds.MAX_HEAD_BYTES:
            self._refuse(client, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        if length is None:
            return
        try:
            head = read_head(bytes(client.received[:length]), self._server.cfg, client.peer)
        except NotHttpError as error:
            log.warning("invalid request", error=str(error))
            self._refuse(client, error.status)
            return
        del client.received[:length]
        client.head = head
        self._begin_request(client, head)

    def _begin_request(self, client: Client, head: Head) -> None:
        answer = self._server.answer_at_once(head)
        if answer is not None:
            client.outgoing.sendall(answer)
            self.answered(client, keeps_alive=not head.request.should_close())
            return
        if self._limits.n_proxies:
            told = head.field("X-FORWARDED-FOR")
            address = forwarded_address(told, client.address, self._limits.n_proxies)
            if not self._seat(client, address):
                return
        if head.waits_for_continue and len(client.received) < head.body_bytes:
            client.sock.send(_CONTINUE)
        deadline = client.start_pace(self._limits.least_rate, time.monotonic())
        self._expect(client, State.BODY, EVENT_READ, deadline)
        self._look_for_body(client)

    def _take_body(self, client: Client, piece: bytes) -> None:
        client.received += piece
        client.has_ended = not piece
        client.deadline = client.keep_pace(len(piece), time.monotonic())
        self._look_for_body(client)

    def _look_for_body(self, client: Client) -> None:
        """Have the request served once as much of its body is here as is waited for."""
        head = client.request_head
        if head.is_large:
            if len(client.received) >= bounds.BUFFERED_BYTES or client.has_ended:
                self._expect(client, State.LINE, 0, time.monotonic() + bounds.LINE_SECONDS)
                self._admission.join_line(client)
                self._call_line()
        elif len(client.received) >= head.body_bytes or client.has_ended:
            # A body that ended too early is for the application to refuse.
            head.incoming.hold(bytes(client.received[: head.body_bytes]))
            del client.received[: head.body_bytes]
            self._serve(client)

    def _call_line(self) -> None:
        """Give free threads to the uploads that have waited longest."""
        for client in self._admission.called():
            incoming = client.request_head.incoming
            incoming.hold(bytes(client.received))
            incoming.read_on(client.sock, client.pace)
            client.received.clear()
            self._serve(client)

    def _serve(self, client: Client) -> None:
        self._expect(client, State.SERVED, 0, None)
        self._server.serve(client, client.request_head)

    def _send(self, client: Client) -> None:
        client.outgoing.flush()
        if client.outgoing.is_pending:
            deadline = client.start_pace(self._limits.least_rate, time.monotonic())
            self._expect(client, State.SENDING, EVENT_WRITE, deadline)
        else:
            self._after_answer(client)

    def _after_answer(self, client: Client) -> None:
        client.head = None
        client.outgoing.begin()
        if client.outgoing.is_broken:
            self._close(client)
        elif not client.keeps_alive or client.has_ended:
            self._linger(client)
        elif client.received:
            # Later: whoever sends thousands of requests at once waits behind everybody else.
            self._expect_head(client)
            self._expect(client, State.HEAD, 0, client.deadline)
            self._server.soon(partial(self._go_on_with_rest, client))
        else:
            deadline = time.monotonic() + float(self._server.cfg.keepalive)
            self._expect(client, State.IDLE, EVENT_READ, deadline)
        if self._limits.n_proxies:
            self._admission.leave_seat(client)

    def _go_on_with_rest(self, client: Client) -> None:
        if client.state is State.HEAD:
            self._expect(client, State.HEAD, EVENT_READ, client.deadline)
            self._guarded(client, self._look_for_head)

    def _linger(self, client: Client) -> None:
        """Let the client read the answer: closing on bytes unread would destroy it."""
        self._admission.leave_seat(client)
        client.received.clear()
        client.sock.shutdown(SHUT_WR)
        deadline = time.monotonic() + bounds.LINGER_SECONDS
        self._expect(client, State.LINGERING, EVENT_READ, deadline)

    def _end_wait(self, client: Client) -> None:
        if client.state in {State.HEAD, State.BODY}:
            self._refuse(client, HTTPStatus.REQUEST_TIMEOUT)
        elif client.state is State.LINE:
            self._refuse(client, HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self._close(client)

    def _refuse(self, client: Client, status: HTTPStatus) -> None:
        is_full = status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
        client.outgoing.replace(refusal(status, bounds.BUSY_RETRY_SECONDS if is_full else None))
        client.keeps_alive = False
        self._admission.leave_line(client)
        self._admission.leave_seat(client)
        self._send(client)

    def _seat(self, client: Client, address: str) -> bool:
        """Count a connection with its address; refuse it if nobody there can make room."""
        while not self._admission.seat(client, address):
            victim = self._admission.first_to_go_at(address)
            if not self._dismiss(victim, HTTPStatus.TOO_MANY_REQUESTS):
                self._refuse(client, HTTPStatus.TOO_MANY_REQUESTS)
                return False
        return True

    def _dismiss(self, victim: Client | None, status: HTTPStatus) -> bool:
        """End a connection to make room; tell whether there is one."""
        if victim is None:
            return False
        if victim.state in {State.IDLE, State.LINGERING}:
            self._close(victim)
        else:
            self._guarded(victim, partial(self._refuse, status=status))
        return True

    def _end_upload(self, client: Client) -> None:
        if self._admission.end_upload(client):
            self._call_line()

    def _close(self, client: Client) -> None:
        if client.state is State.CLOSED:
            return
        self._expect(client, State.CLOSED, 0, None)
        self.clients.discard(client)
        self._admission.leave_line(client)
        self._end_upload(client)
        self._admission.leave_seat(client)
        client.outgoing.discard()
        client.sock.close()
