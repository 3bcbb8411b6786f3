"""Values at which code goes wrong."""

BOUNDARIES = [
    -2**63, -2**63 + 1, -2**32, -2**31 - 1, -2**31, -65536, -129, -128, -8, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7,
    8, 9, 16, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 1000, 32767, 32768, 65535, 65536, 2**24,
    2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, 2**53, 2**62, 2**63 - 1,
]
INSERTED = [b"\0", b"\xff", b"\xff" * 8, b"\x7f", b"\x80\x80\x80\x80\x10"]
REALS = [
    0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-45, 1e-38, 3.4e38, -3.4e38, 1e38, float("inf"), float("-inf"),
    float("nan"), 1e9, -1e9, 255.0, 0.1,
]


def number(source):
    """A whole number: small ones mostly."""
    return source.choice(BOUNDARIES) if source.random() < 0.4 else source.randint(-3, 9)


def size(source):
    """A count or size: one that a reader may take for true more often than not."""
    return source.choice([0, 1, 1, 2, 2, 3, 4, 5, 8]) if source.random() < 0.8 else source.choice(BOUNDARIES)


def real(source):
    return source.choice(REALS) if source.random() < 0.3 else round(source.uniform(-4, 4), 2)


def flipped(content, source, most=4):
    """Bytes with a few of them changed, removed, doubled or put in."""
    damaged = bytearray(content)
    for _ in range(source.randint(1, most)):
        place = source.randrange(len(damaged)) if damaged else 0
        action = source.randrange(5)
        if action == 0 and damaged:
            damaged[place] = source.randrange(256)
        elif action == 1 and damaged:
            damaged[place] ^= 1 << source.randrange(8)
        elif action == 2:
            del damaged[place:place + source.randint(1, 8)]
        elif action == 3:
            damaged[place:place] = damaged[place:place + source.randint(1, 16)]
        else:
            damaged[place:place] = source.choice(INSERTED)
    return bytes(damaged)
