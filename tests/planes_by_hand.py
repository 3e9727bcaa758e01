"""Planes fitted by hand to the real sacra, once: the S1 endplate and the midline."""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares

# Picked by eye, once, on drawings of the outline of the sacrum in the slices x = -12, 0 and 12 mm with a 2 mm grid: the two
# points of each slice on which a ruler laid over the S1 endplate would rest, at the back and at the front (LPS, mm).
# The plane is the total least squares plane of the six. Its own error is about 1.5 degrees (1 mm over a depth of 30 mm).
ENDPLATE_RIM = {
    "hra_female": [
        (-12, -23.5, 36.3),
        (-12, -48.5, 19.5),
        (0, -19.5, 36.3),
        (0, -46.5, 18.5),
        (12, -21.5, 37.2),
        (12, -48.5, 19.2),
    ],
    "artisynth_male": [
        (-12, -33.5, 62.5),
        (-12, -53.5, 49.0),
        (0, -32.5, 62.5),
        (0, -52.3, 48.0),
        (12, -33.5, 62.5),
        (12, -53.4, 49.2),
    ],
    "jhu_24": [
        (-12, -26.0, 19.3),
        (-12, -36.0, 3.0),
        (0, -23.0, 20.3),
        (0, -36.0, 0.3),
        (12, -23.5, 20.3),
        (12, -37.6, 1.8),
    ],
}

# Picked by eye, once, on drawings of axial slices with a 4 mm grid: crest, roof and floor of the canal, the middle between
# the two ends of the canal or between the two inner walls of the ventral foramina, the middle of the promontory (LPS, mm).
# The plane is the one that, by least squares, holds these points and mirrors the hand-measured left foramina on the right.
MIDLINE = {
    "hra_female": [
        (-1.6, 26, 28),
        (-1.6, 5, 28),
        (-1.1, -12, 28),
        (0.3, -32, 28),
        (-2.2, 31.3, 14),
        (-2.8, 15.6, 14),
        (-1.2, 6, 14),
        (1.8, -46, 14),
        (-0.9, -7, 14),
        (-0.5, 41.3, -6),
        (-1.1, 25.5, -6),
        (-0.5, 9, -6),
        (-1.9, 5, -6),
    ],
    "artisynth_male": [
        (0, 18.3, 56),
        (0, -3.5, 56),
        (0, -43, 56),
        (0, 29, 40),
        (0, 11.7, 40),
        (0, -50, 40),
        (0, 46, 10),
        (0, 29, 10),
        (0, 8.6, 10),
    ],
    "jhu_24": [
        (-0.8, 18.3, 14),
        (-0.5, 6, 14),
        (0.5, -8, 14),
        (0, -11.2, 14),
        (0.75, -29.5, 14),
        (-0.2, -2, 4),
        (0.5, -37, 4),
        (-1.8, 35.5, -10),
        (-1.2, 23, -10),
        (-2.1, 26.5, -10),
        (-1.9, -5, -10),
        (-1.7, 14.5, -10),
    ],
}


def endplate_by_hand(name: str) -> np.ndarray:
    points = np.array(ENDPLATE_RIM[name], dtype=float)
    normal = np.linalg.svd(points - points.mean(axis=0))[2][2]
    return normal if normal[2] > 0 else -normal


def midline_by_hand(name: str, foramina: dict[str, np.ndarray]) -> np.ndarray:
    middle = np.array(MIDLINE[name], dtype=float)
    left = np.array([point for key, point in foramina.items() if key.endswith("left")])
    right = np.array([foramina[key.replace("left", "right")] for key in foramina if key.endswith("left")])

    def misfit(plane):
        normal = np.array([1.0, plane[0], plane[1]]) / np.sqrt(1.0 + plane[0] ** 2 + plane[1] ** 2)
        mirrored = left - 2.0 * (left @ normal - plane[2])[:, None] * normal
        return np.concatenate([(mirrored - right).ravel(), 2.0 * (middle @ normal - plane[2])])

    solved = least_squares(misfit, np.zeros(3)).x
    return np.array([1.0, *solved[:2]]) / np.sqrt(1.0 + solved[0] ** 2 + solved[1] ** 2)
