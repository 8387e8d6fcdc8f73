from .slide import (
    Slide as Slide,
    measure_slide as measure_slide,
)
