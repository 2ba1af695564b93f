"""Tones in WAV files: made, and found again in what somebody recorded."""
import array
import math
import wave

RATE = 8000
HEADER = 44  # bytes, of the simplest WAV file


def write_tone(path, frequency, seconds, amplitude=8000):
    samples = array.array("h", (round(amplitude * math.sin(2 * math.pi * frequency * i / RATE)) for i in range(int(RATE * seconds))))
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def read(path):
    """The first channel's samples; a header that was never finished doesn't matter, nor one that will be written at the end."""
    with open(path, "rb") as file:
        data = file.read()
    if not any(data[:HEADER]):
        return array.array("h", data[HEADER:len(data) // 2 * 2])
    start = data.find(b"data") + 8
    samples = array.array("h", data[start:start + (len(data) - start) // 2 * 2])
    channels = int.from_bytes(data[22:24], "little")
    rate = int.from_bytes(data[24:28], "little")
    assert rate == RATE, f"{path} has {rate} Hz"
    return samples[::channels]


def level(samples, frequency):
    """Amplitude of one frequency (Goertzel)."""
    if not samples:
        return 0.0
    coefficient = 2 * math.cos(2 * math.pi * frequency / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    power = before * before + last * last - coefficient * before * last
    return 2 * math.sqrt(max(power, 0.0)) / len(samples)


def heard(samples, frequency, window_ms=20, threshold=2000):
    """[(from_ms, to_ms)] in which the tone sounds; gaps of less than a window are closed."""
    size = RATE * window_ms // 1000
    spans = []
    for i in range(0, len(samples) - size + 1, size):
        if level(samples[i:i + size], frequency) < threshold:
            continue
        begin, end = i * 1000 / RATE, (i + size) * 1000 / RATE
        if spans and begin - spans[-1][1] <= window_ms:
            spans[-1][1] = end
        else:
            spans.append([begin, end])
    return [tuple(s) for s in spans]


def total(spans):
    return sum(end - begin for begin, end in spans)


def onset(samples, frequency, after_ms=0, rising=True):
    """When the tone begins (or, not rising, is last heard), to 2 ms, in ms; None if never."""
    size, hop = RATE * 10 // 1000, RATE * 2 // 1000
    starts = range(int(after_ms * RATE / 1000), len(samples) - size + 1, hop)
    for i in (starts if rising else reversed(starts)):
        if level(samples[i:i + size], frequency) >= 4000:
            return (i + (0 if rising else size)) * 1000 / RATE
    return None
