"""Keeps a file, while it arrives, on the disk of the stored files instead of in /tmp.

A container's /tmp is small and often in memory; a submission of heatmaps has gigabytes. A file that
has no room is refused before it is read, and a disk that fills up meanwhile is reported in the same
words at every step.
"""

from contextlib import suppress
from functools import cached_property
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from webapp.http.bodies import BYTES_A_MIB
from webapp.http.hostile_text import StrictRequest
from webapp.http.identity import runtime
from webapp.storage import storage_full_refusal

IN_MEMORY_BYTES = 512 * 1024


class SpoolingRequest(StrictRequest):
    """A request whose files arrive beside the stored ones, and are deleted when it ends."""

    @cached_property
    def _streams(self) -> list[SpooledTemporaryFile[bytes]]:
        return []

    def _load_form_data(self) -> None:
        if "form" not in self.__dict__:
            self._require_room()
        super()._load_form_data()

    def _require_room(self) -> None:
        """Refuse a form with files (507) that the disk has no room for, before any of it is read.

        While it arrives it lies on the disk twice, beside the stored files and as one of them.
        """
        size_bytes = self.content_length or 0
        limit_bytes = self.max_content_length
        is_too_large = limit_bytes is not None and size_bytes > limit_bytes  # then that is told
        if self.mimetype != "multipart/form-data" or is_too_large:
            return
        n_copies = 1 if size_bytes <= IN_MEMORY_BYTES else 2
        reserve_bytes = runtime().settings.disk_reserve_mib * BYTES_A_MIB
        if n_copies * size_bytes + reserve_bytes > runtime().storage.free_bytes():
            raise storage_full_refusal()

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
