"""From a prompt to a melody, and from a melody to a WAV file. Only the standard library is needed."""

import math
import wave
import zlib
from array import array
from collections.abc import Iterator
from io import BytesIO

RATE = 22_050  # samples in a second
LOUDEST = 0.8 * 32_767  # of 16 bits
TONIC = 220.0  # Hz
MAJOR, MINOR = (0, 2, 4, 7, 9), (0, 3, 5, 7, 10)  # pentatonic: any order of these sounds well
SAD = {"sad", "dark", "night", "rain", "slow", "minor", "winter", "lonely", "melancholy"}
SLOW = {"slow", "calm", "sleep", "night", "lullaby", "ambient"}
FAST = {"fast", "dance", "happy", "run", "party", "techno"}
OVERTONES = ((1, 0.6), (2, 0.25), (3, 0.15))  # multiple of the pitch, strength


def words_of(prompt: str) -> list[str]:
    return "".join(letter if letter.isalpha() else " " for letter in prompt.lower()).split()


def melody(prompt: str) -> Iterator[tuple[float, float]]:
    """Pitches in Hz and lengths in seconds, without end; the same for the same prompt.

    Raises ValueError if there is no word in it."""
    words = words_of(prompt)
    if not words:
        raise ValueError(f"There is nothing to sing in {prompt!r}.")
    moods = set(words)
    scale = MINOR if moods & SAD else MAJOR
    beat = 0.5 if moods & SLOW else 0.2 if moods & FAST else 0.3
    turn = 0
    while True:
        for word in words:
            seed = zlib.crc32(f"{word} {turn % 4}".encode())
            step, octave = scale[seed % len(scale)], seed // 8 % 2
            yield TONIC * 2 ** (octave + step / 12), beat * (1 + seed // 16 % 2)
        turn += 1


def note(pitch: float, samples: int) -> Iterator[float]:
    """A plucked tone: it begins within 10 ms and fades away."""
    begin = RATE // 100
    for index in range(samples):
        angle = 2 * math.pi * pitch * index / RATE
        swell = min(1.0, index / begin) * (1 - index / samples)
        yield swell * sum(strength * math.sin(multiple * angle) for multiple, strength in OVERTONES)


def compose(prompt: str, seconds: int) -> bytes:
    """A WAV file, mono, of exactly this length. Raises ValueError if the prompt has no word."""
    wanted = seconds * RATE
    samples = array("h")
    for pitch, length in melody(prompt):
        if len(samples) == wanted:
            break
        count = min(round(length * RATE), wanted - len(samples))
        samples.extend(round(LOUDEST * value) for value in note(pitch, count))
    file = BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(samples.tobytes())
    return file.getvalue()
