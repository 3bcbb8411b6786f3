"""Models with damaged bytes. All functions take a `random.Random`."""

import io
import zipfile


def damaged(whole, source):
    """The bytes with one to four of them changed, or without their end."""
    if source.random() < 0.1:
        return whole[:source.randrange(len(whole))]
    changed = bytearray(whole)
    for _ in range(source.randint(1, 4)):
        place = source.randrange(len(changed))
        changed[place] = source.choice([0, 1, 0x7F, 0xFF, source.randrange(256)])
    return bytes(changed)


def damaged_within(archive, source):
    """The archive with one of its files damaged, and all checksums right."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as whole, zipfile.ZipFile(target, "w") as made:
        files = [info.filename for info in whole.infolist() if info.file_size > 0]
        chosen = source.choice(files)
        for file in files:
            content = whole.read(file)
            made.writestr(file, damaged(content, source) if file == chosen else content)
    return target.getvalue()
