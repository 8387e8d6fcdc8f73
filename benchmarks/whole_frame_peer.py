"""The usual way to an evaluation mask: distance, holes, labels and axes over the whole frame."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label, regionprops

from ground_truth.lesions.regions import GROWTH_UM, ITC_LIMIT_UM, PROTOCOL_SPACING_UM


def whole_frame_regions(
    tumour: NDArray[np.uint8],
) -> tuple[NDArray[np.int64], list[int]]:
    """Return labels, (rows, columns), and those of ITC size, from a level-5 raster of 0 and 1."""
    distance = ndimage.distance_transform_edt(1 - tumour)
    near = distance < GROWTH_UM / (PROTOCOL_SPACING_UM * 32 * 2)
    labels = label(ndimage.binary_fill_holes(near), connectivity=2)
    limit = ITC_LIMIT_UM / (PROTOCOL_SPACING_UM * 32)
    itc = [part.label for part in regionprops(labels) if part.axis_major_length < limit]
    return labels.astype(np.int64), itc
