"""`python -m vendor_names` writes the files; with `check` it only says which ones differ."""

import sys

from .descriptions import Missing
from .files import FILES, SOURCES


def main(arguments: list[str]) -> int:
    is_check = arguments == ["check"]
    differing = 0
    for name, text in FILES.items():
        path = SOURCES / name
        try:
            content = text()
        except Missing as error:
            print(f"vendor-names: {error}", file=sys.stderr)
            return 1
        if path.exists() and path.read_text() == content:
            continue
        differing += 1
        if is_check:
            print(f"Sources/{name} is not what the vendor says; `make vendor-names` writes it anew")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            print(f"Sources/{name} is written")
    return 1 if is_check and differing else 0


sys.exit(main(sys.argv[1:]))
