"""Seats connections by address, and has uploads wait in line for a thread."""

from collections import defaultdict, deque
from collections.abc import Iterable

from webapp.server.client import Client, State
from webapp.server.limits import HELD_IN_ALL_BYTES, UPLOAD_THREADS, Limits
from webapp.server.places import Places, counted_address, first_to_go, slowest_reader


class Admission:
    """Who may be connected and who may upload, at once, of an address and in all."""

    def __init__(self, limits: Limits) -> None:
        self._connections = Places(limits.connections_an_address)
        self._uploads = Places(limits.uploads_an_address, UPLOAD_THREADS)
        self._seated: defaultdict[str, set[Client]] = defaultdict(set)
        self._line: deque[Client] = deque()

    def seat(self, client: Client, address: str) -> bool:
        """Count a connection with its address, unless that is full."""
        seat = counted_address(address)
        if not self._connections.take(seat):
            return False
        client.seat = seat
        self._seated[seat].add(client)
        return True

    def first_to_go(self, clients: Iterable[Client]) -> Client | None:
        """Return whose end costs least, None if all are being served."""
        return first_to_go(clients, self._connections)

    def first_to_go_at(self, address: str) -> Client | None:
        """Return whose end costs least at this address, None if all are being served."""
        return self.first_to_go(self._seated.get(counted_address(address), ()))

    def readers_too_many(self, clients: Iterable[Client]) -> list[Client]:
        """Return the slowest readers, so many that the other answers fit into memory.

        What threads hold is not theirs to end: those wait for their clients, and hold little.
        """
        held_bytes = sum(client.outgoing.held_bytes for client in clients)
        readers = {client for client in clients if client.state is State.SENDING}
        found = []
        while readers and held_bytes > HELD_IN_ALL_BYTES:
            slowest = slowest_reader(readers, self._connections)
            readers.remove(slowest)
            held_bytes -= slowest.outgoing.held_bytes
            found.append(slowest)
        return found

    def leave_seat(self, client: Client) -> None:
        """Count a connection no more."""
        if client.seat is None:
            return
        self._connections.give_back(client.seat)
        self._seated[client.seat].discard(client)
        if not self._seated[client.seat]:
            del self._seated[client.seat]
        client.seat = None

    def join_line(self, client: Client) -> None:
        """Wait for a thread."""
        self._line.append(client)

    def leave_line(self, client: Client) -> None:
        """Wait for a thread no more."""
        if client in self._line:
            self._line.remove(client)

    def called(self) -> list[Client]:
        """Return those in line for whom there is a thread now; they hold it until their end."""
        found = [client for client in self._line if self._uploads.take(_uploader(client))]
        for client in found:
            client.uploader = _uploader(client)
            self._line.remove(client)
        return found

    def end_upload(self, client: Client) -> bool:
        """Give a thread back; tell whether the client held one."""
        if client.uploader is None:
            return False
        self._uploads.give_back(client.uploader)
        client.uploader = None
        return True


def _uploader(client: Client) -> str:
    return client.seat or counted_address(client.address)
