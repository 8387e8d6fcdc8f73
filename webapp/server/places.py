"""Counts what each address holds at once, and says who goes first where all is taken."""

import ipaddress
import time
from collections import Counter
from collections.abc import Iterable

from webapp.server.client import Client, State

_WAITED_FOR = (State.HEAD, State.BODY)
_MAY_GO = (*_WAITED_FOR, State.LINGERING, State.IDLE)
"""Tuples: a set would compute a hash of each state, of hundreds of connections at each arrival."""
_IPV6_PREFIX = 64


class Places:
    """Places of which each address may hold some.

    Parameters
    ----------
    an_address : int
        The most that one address may hold.
    in_all : int, optional
        The most that all may hold together.
    """

    def __init__(self, an_address: int, in_all: int | None = None) -> None:
        self._an_address = an_address
        self._in_all = in_all
        self._taken: Counter[str] = Counter()

    def take(self, address: str) -> bool:
        """Take a place if one is free for this address."""
        is_full = self._in_all is not None and self._taken.total() >= self._in_all
        if is_full or self._taken[address] >= self._an_address:
            return False
        self._taken[address] += 1
        return True

    def give_back(self, address: str) -> None:
        """Give a place back."""
        self._taken[address] -= 1
        if not self._taken[address]:
            del self._taken[address]

    def taken(self, address: str | None) -> int:
        """Return how many places an address holds; none without one."""
        return self._taken.get(address, 0) if address else 0


def counted_address(address: str) -> str:
    """Return what counts as one client: an address, of IPv6 the network that a household has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))


def first_to_go(clients: Iterable[Client], places: Places) -> Client | None:
    """Return the client whose end costs least, None if all are being served.

    Connections without a request go first; then, of the address that holds most, whoever has sent
    its request most slowly. So a newcomer from an address full of half requests is served, and they
    are not.
    """
    now = time.monotonic()
    candidates = [client for client in clients if client.state in _MAY_GO]
    free = [client for client in candidates if client.state not in _WAITED_FOR]
    held = {seat: places.taken(seat) for seat in {client.seat for client in candidates}}
    most = max(held.values(), default=0)
    crowd = [client for client in candidates if held[client.seat] == most]
    return min(
        free or crowd, key=lambda client: (client.mean_rate(now), client.began), default=None
    )


def slowest_reader(clients: Iterable[Client], places: Places) -> Client:
    """Return, of the address that holds most, who has waited longest for its answer to end."""
    return min(clients, key=lambda client: (-places.taken(client.seat), client.began))
