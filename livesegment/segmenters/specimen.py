"""A drawn picture that networks trained on photographs find objects in.

A comparison of engines needs objects, and a photograph is not for a program to carry along. Traffic
signs and clocks look the same drawn; the plain shapes are for the model that ships.
"""

import math

import cv2
import numpy as np

from livesegment.frame import Image

SIZE = (640, 480)
"""(width, height) in pixels."""

WHITE, DARK, GREY = (245, 245, 245), (35, 35, 35), (150, 150, 150)
RED, GREEN, BLUE, ORANGE = (20, 10, 215), (20, 200, 20), (220, 30, 10), (40, 140, 245)


def specimen() -> Image:
    """A stop sign, a clock, a ball and two blocks before a sky; (480, 640, 3) BGR."""
    picture = _backdrop()
    _stop_sign(picture, (120, 110), 72)
    _clock(picture, (330, 110), 76)
    cv2.circle(picture, (330, 390), 46, ORANGE, -1, cv2.LINE_AA)
    cv2.rectangle(picture, (470, 60), (590, 170), GREEN, -1)
    cv2.ellipse(picture, (530, 370), (62, 54), 0, 0, 360, BLUE, -1, cv2.LINE_AA)
    return picture


def _backdrop() -> Image:
    """A sky that grows lighter downwards, above a road."""
    width, height = SIZE
    down = np.linspace(0, 1, height)[:, None, None]
    sky = (1 - down) * (230, 200, 150) + down * (200, 215, 225)
    picture = np.repeat(sky, width, axis=1).astype(np.uint8)
    cv2.rectangle(picture, (0, 330), (width, height), (110, 115, 118), -1)
    return picture


def _stop_sign(picture: Image, centre: tuple[int, int], radius: int) -> None:
    x, y = centre
    cv2.rectangle(picture, (x - 4, y), (x + 4, y + 290), GREY, -1)
    for size, colour in ((radius, WHITE), (radius - 6, RED)):
        turns = np.deg2rad(np.arange(8) * 45 + 22.5)
        corners = np.stack((x + size * np.cos(turns), y + size * np.sin(turns)), 1)
        cv2.fillPoly(picture, [corners.astype(np.int32)], colour, cv2.LINE_AA)
    font = cv2.FONT_HERSHEY_DUPLEX
    cv2.putText(picture, "STOP", (x - 58, y + 17), font, 1.5, WHITE, 5, cv2.LINE_AA)


def _clock(picture: Image, centre: tuple[int, int], radius: int) -> None:
    x, y = centre
    cv2.circle(picture, centre, radius, DARK, -1, cv2.LINE_AA)
    cv2.circle(picture, centre, radius - 9, WHITE, -1, cv2.LINE_AA)
    for hour in range(1, 13):
        turn = math.tau * hour / 12
        right, down = math.sin(turn), -math.cos(turn)
        near, far = (
            (round(x + length * right), round(y + length * down))
            for length in (radius - 21, radius - 12)
        )
        cv2.line(picture, near, far, DARK, 3, cv2.LINE_AA)
        font, text = cv2.FONT_HERSHEY_SIMPLEX, str(hour)
        (width, height), _ = cv2.getTextSize(text, font, 0.45, 1)
        at = (
            round(x + (radius - 32) * right - width / 2),
            round(y + (radius - 32) * down + height / 2),
        )
        cv2.putText(picture, text, at, font, 0.45, DARK, 1, cv2.LINE_AA)
    cv2.line(picture, centre, (x, y - radius + 26), DARK, 3, cv2.LINE_AA)
    cv2.line(picture, centre, (x + 32, y + 15), DARK, 5, cv2.LINE_AA)
