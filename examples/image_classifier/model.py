"""A support vector machine that tells handwritten digits apart."""

from dataclasses import dataclass
from typing import Self

import numpy
from PIL import Image, ImageChops, ImageOps
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SIDE = 8  # the data set has pictures of 8 by 8 pixels, in 17 shades
BRIGHTEST = 16
ENLARGED = (80, 80)
INK = 64  # what is darker than this, of 255, is paper


def prepared(picture: Image.Image) -> numpy.ndarray:
    """The features of a grey picture: bright ink on dark paper, cut out, in the middle of a square of 8 by 8.

    What the model learns from and what it is asked about go through this, so that they look alike.
    """
    # Paper is what most of the border is made of.
    border = numpy.concatenate([*numpy.asarray(picture)[[0, -1]], *numpy.asarray(picture)[:, [0, -1]].T])
    if numpy.median(border) > 127:
        picture = ImageOps.invert(picture)
    box = ImageChops.subtract(picture, Image.new("L", picture.size, INK)).getbbox()
    digit = picture.crop(box)
    square = ImageOps.pad(digit, (max(digit.size), max(digit.size)), color=0)
    return numpy.asarray(square.resize((SIDE, SIDE), Image.Resampling.BOX)).ravel() * (BRIGHTEST / 255)


@dataclass(frozen=True)
class Model:
    machine: SVC
    accuracy: float  # measured on pictures that it has not learnt from

    @classmethod
    def trained(cls) -> Self:
        digits = load_digits()
        pictures = [Image.fromarray((values * 255 / BRIGHTEST).astype("uint8")) for values in digits.images]
        # Each as it is and enlarged, with the soft edges that uploaded pictures have.
        small = numpy.array([prepared(picture) for picture in pictures])
        large = numpy.array([prepared(picture.resize(ENLARGED)) for picture in pictures])
        learn, ask = train_test_split(numpy.arange(len(pictures)), test_size=0.25, random_state=0)
        machine = SVC(gamma=0.001).fit(numpy.vstack([small[learn], large[learn]]), numpy.tile(digits.target[learn], 2))
        return cls(machine, round(float(machine.score(large[ask], digits.target[ask])), 4))

    @property
    def class_names(self) -> list[str]:
        return NAMES

    def class_name(self, picture: Image.Image) -> str:
        """The class of a grey picture."""
        return NAMES[int(self.machine.predict(prepared(picture)[None])[0])]
