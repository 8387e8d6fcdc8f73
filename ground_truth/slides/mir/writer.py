"""Writes masks, heatmaps and slides tile by tile with the methods of ASAP's writer."""

import operator
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from ground_truth.slides.mir.constants import PIXEL_TYPES, RGB, RGBA, Linear
from ground_truth.slides.mir.image import MultiResolutionImage
from ground_truth.slides.mir.writer_settings import WriterSettings, checked_spacing

if TYPE_CHECKING:
    from ground_truth.slides.mir.written_image import OpenImage

_DONE, _FAILED = 0, -1


class MultiResolutionImageWriter(WriterSettings):
    """Writes one image after another.

    Open a file, set what it is like, state its size, write its tiles, and finish it: only then it
    is there under its name. Settings count from `writeImageInformation` on, the spacing until
    `finishImage`. Tiles wait on disk beside the file, so that no more than a few are in memory.
    """

    _image: "OpenImage | None" = None

    def __del__(self) -> None:
        self._discard()

    def openFile(self, fileName: str | PathLike[str]) -> int:
        """Begin an image; 0, or -1 where nothing can be written into its folder.

        What is there under the name stays until `finishImage`.
        """
        # Loaded here, so that importing the package stays cheap.
        from ground_truth.slides.mir.written_image import OpenImage

        self._discard()
        try:
            self._image = OpenImage(Path(fileName))
        except OSError:
            return _FAILED
        return _DONE

    def getOpenFile(self) -> str:
        """Return the path of the image being written, empty without one."""
        return "" if self._image is None else str(self._image.path)

    def setSpacing(self, spacing: Sequence[float]) -> None:
        """State (x, y) um per pixel of the open image; without one nothing happens, as in ASAP.

        Raises
        ------
        ValueError
            When it is neither empty nor two numbers above 0.
        """
        if self._image is not None:
            self._image.spacing_um = checked_spacing(spacing)

    def writeImageInformation(self, sizeX: int, sizeY: int) -> int:
        """State the size in pixels; 0, or -1 where no file is open.

        Raises
        ------
        ValueError
            When there is no pixel, or no file can be like the settings: without a colour or data
            type, with a tile's side that is no multiple of 16, a compression other than RAW, LZW
            and JPEG, or JPEG of anything but bytes.
        """
        if self._image is None:
            return _FAILED
        self._check()
        self._image.begin(
            (operator.index(sizeX), operator.index(sizeY)),
            (self._tile_size, self._samples(), PIXEL_TYPES[self._data_type]),
            (self._compression, int(self._quality)),
            is_colour=self._color_type in {RGB, RGBA},
        )
        return _DONE

    def writeBaseImagePart(self, data: ArrayLike) -> None:
        """Write the next tile, row by row from the top left.

        Parameters
        ----------
        data
            A whole tile, also at the edges, of any shape: rows, columns, samples in C order.

        Raises
        ------
        ValueError
            When no image is begun, all tiles are written, or this is not the size of a tile.
        TypeError
            When the values are of another type than the image's.
        """
        self._opened().put_next(data)

    def writeBaseImagePartToLocation(self, data: ArrayLike, x: int, y: int) -> None:
        """Write the tile in which pixel (x, y) of the image lies, as `writeBaseImagePart` does."""
        self._opened().put_at(data, (operator.index(x), operator.index(y)))

    def finishImage(self) -> int:
        """Make the smaller levels and give the file its name; 0, or -1 where nothing was begun.

        Tiles that were not written are 0.

        Raises
        ------
        OSError
            When the file cannot be written.
        """
        if self._image is None or not self._image.is_begun:
            return _FAILED
        try:
            self._image.finish(self._most_levels, is_mean=self._interpolation == Linear)
        finally:
            self._discard()
        return _DONE

    def writeImageToFile(self, img: MultiResolutionImage, fileName: str | PathLike[str]) -> None:
        """Write a whole image with the compression, interpolation and tile size that are set.

        Raises
        ------
        OSError
            When the file cannot be written.
        """
        self.setColorType(img.getColorType())
        self.setDataType(img.getDataType())
        self.setNumberOfIndexedColors(img.getSamplesPerPixel())
        if self.openFile(fileName) != _DONE:
            raise OSError(f"{fileName} cannot be written")
        self.setSpacing(self.getOverrideSpacing() or img.getSpacing())
        width, height = img.getDimensions()
        self.writeImageInformation(width, height)
        side = self.getTileSize()
        for y in range(0, height, side):
            for x in range(0, width, side):
                self.writeBaseImagePart(img.read_native((x, y), (side, side), 0))
        self.finishImage()

    def _opened(self) -> "OpenImage":
        if self._image is None:
            raise ValueError("open a file before writing tiles")
        return self._image

    def _discard(self) -> None:
        if self._image is not None:
            self._image.close()
        self._image = None
