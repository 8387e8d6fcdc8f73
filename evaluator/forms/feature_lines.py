"""Tells the lines on which a GeoJSON file's features, and values inside them, begin."""

from collections.abc import Iterator

from evaluator.archives import LineCounter, Step, beginning, items_of, place_of
from evaluator.errors import PROBLEMS_LISTED_PER_FILE

COORDINATES = ("geometry", "coordinates")


class FeatureLines:
    """Finds lines for the problems of one file, which is looked through when there is one.

    Features are asked for in their order, each as often as it has problems.

    Parameters
    ----------
    content : bytes
        The file, whose JSON is known to be sound.
    path : tuple of str
        Leads to the list of features, or to the only one.
    """

    def __init__(self, content: bytes, path: tuple[str, ...]) -> None:
        self._content, self._path = content, path
        self._counter = LineCounter(content)
        self._starts = self._feature_starts()
        self._number, self._start = 0, 0
        self._points: Iterator[tuple[int, int]] = iter(())
        self._n_told, self._last_line = 0, 1

    def line(self, number: int, *path: Step) -> int:
        """Return the line of a value in a feature, or of what is left of its path.

        Features are numbered from 1.
        """
        if not self._has_reached(number):
            return self._last_line
        return self._told(place_of(self._content, self._start, *path))

    def line_of_point(self, number: int, index: int) -> int:
        """Return the line of one of a feature's several points, which are asked for in order."""
        if not self._has_reached(number):
            return self._last_line
        return self._told(next(place for at, place in self._points if at == index))

    def _has_reached(self, number: int) -> bool:
        """Go on to a feature, unless as many problems of earlier ones are told as are listed."""
        if number > self._number and self._n_told >= PROBLEMS_LISTED_PER_FILE:
            return False
        while self._number < number:
            self._number, self._start = self._number + 1, next(self._starts)
            self._points = self._points_of(self._start)
        return True

    def _told(self, place: int) -> int:
        line = self._counter.line_at(place)
        self._n_told, self._last_line = self._n_told + 1, max(self._last_line, line)
        return line

    def _points_of(self, feature: int) -> Iterator[tuple[int, int]]:
        yield from enumerate(
            items_of(self._content, place_of(self._content, feature, *COORDINATES))
        )

    def _feature_starts(self) -> Iterator[int]:
        start = place_of(self._content, beginning(self._content), *self._path)
        if self._content[start] == ord("["):
            yield from items_of(self._content, start)
        else:
            yield start
