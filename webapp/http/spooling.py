"""Keeps a file, while it arrives, on the disk of the stored files instead of in /tmp.

A container's /tmp is small and often in memory; a submission of heatmaps has gigabytes. A full disk
is reported in the same words at every step.
"""

from contextlib import suppress
from functools import cached_property
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from webapp.http.hostile_text import StrictRequest
from webapp.http.identity import runtime

IN_MEMORY_BYTES = 512 * 1024


class SpoolingRequest(StrictRequest):
    """A request whose files arrive beside the stored ones, and are deleted when it ends."""

    @cached_property
    def _streams(self) -> list[SpooledTemporaryFile[bytes]]:
        return []

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        del total_content_length, content_type, filename, content_length
        folder = str(runtime().storage.partial_folder)
        stream = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES, dir=folder)  # noqa: SIM115 - see close
        self._streams.append(stream)
        return cast("IO[bytes]", stream)

    def close(self) -> None:
        """Close all files, including the one that was being read when the request broke off."""
        super().close()
        for stream in self._streams:
            with suppress(OSError):  # on a full disk its last bytes cannot be written
                stream.close()
