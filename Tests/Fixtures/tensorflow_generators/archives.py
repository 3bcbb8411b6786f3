"""ZIP files: one with every kind of block, and others with one thing that is odd."""

import io
import random
import struct
import zipfile
import zlib

DATE = (2000, 1, 1, 0, 0, 0)


def archive(*entries, method=zipfile.ZIP_DEFLATED):
    """A ZIP file with entries of these names and contents."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as made:
        for name, content in entries:
            info = zipfile.ZipInfo("a", DATE)
            info.filename = name
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            made.writestr(info, content, method)
    return target.getvalue()


def packed(content, **options):
    """Raw DEFLATE."""
    packer = zlib.compressobj(wbits=-15, **options)
    return packer.compress(content) + packer.flush()


def by_hand(entries):
    """A ZIP file of entries that are packed already: name, content, packed bytes."""
    body, directory = b"", b""
    for name, content, stream in entries:
        name = name.encode()
        common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, zlib.crc32(content), len(stream), len(content),
                             len(name), 0)
        directory += struct.pack("<IH", 0x02014B50, 20) + common
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name
        body += struct.pack("<I", 0x04034B50) + common + name + stream
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + end


def blocks():
    """Stored, fixed and dynamic blocks, no bytes at all, and bytes that cannot be packed."""
    noise = random.Random(1).randbytes(70_000)
    text = b"".join(b"line %d of many lines\n" % (number * number) for number in range(4000))[:60_000]
    return by_hand([
        ("stored", noise[:5000], packed(noise[:5000], level=0)),
        ("fixed", b"fixed " * 6 + b"code", packed(b"fixed " * 6 + b"code", strategy=zlib.Z_FIXED)),
        ("dynamic", text, packed(text, level=9)), ("empty", b"", packed(b"")),
        ("random", noise, packed(noise)),
    ])


def patched(content, changes, directory_only=False):
    """An archive of one entry with numbers changed: field's place in a header -> format and value.

    Places are those of the directory; an entry's own header has the same fields two bytes earlier.
    """
    made = bytearray(content)
    directory = made.index(b"PK\x01\x02")
    for place, (form, value) in changes.items():
        struct.pack_into(form, made, directory + place, value)
        if not directory_only:
            struct.pack_into(form, made, place - 2, value)
    return bytes(made)


def link():
    made = archive(("a", b"/etc/passwd"))
    return patched(made, {38: ("<I", 0o120777 << 16)}, directory_only=True)


def twice():
    return by_hand([("a", b"1", packed(b"1")), ("a", b"2", packed(b"2"))])


def archives():
    """All of them by their names."""
    plain = archive(("a", b"content " * 20))
    return {
        "blocks": blocks(), "absolute": archive(("/etc/passwd", b"x")),
        "parent": archive(("a/../../b", b"x")),
        "backslash": archive(("a\\b", b"x")), "twice": twice(), "link": link(),
        "encrypted": patched(plain, {8: ("<H", 1)}), "zip64": patched(plain, {24: ("<I", 0xFFFFFFFF)}),
        "other_method": patched(plain, {10: ("<H", 12)}),
        "other_name": plain.replace(b"a", b"b", 1), "says_less": patched(plain, {24: ("<I", 100)}),
        "says_more": patched(plain, {24: ("<I", 200)}), "wrong_sum": patched(plain, {16: ("<I", 1)}),
        "bomb": archive(("a", bytes(8 << 20))),
    }
