"""What went wrong, each with a file that repeats it."""

import dataclasses
import pathlib
import re


# What a runtime says before it ends the process.
WORDS = re.compile(r"(F\d{4} .*|Check failed.*|Fatal error.*|terminate called.*|.*assertion.*failed.*)")


@dataclasses.dataclass
class Finding:
    """One case that did harm."""

    kind: str
    text: str
    case: object
    path: pathlib.Path
    # Where the server was when it ended, as far as its log tells: findings with the same are one fault.
    place: str = ""

    def __str__(self):
        lines = [f"{self.kind}: {self.text}", f"    {self.case.note}" if self.case.note else ""]
        lines.append(f"    {self.place}" if self.place else "")
        lines.append(f"    again: Tests/fuzz/run.py replay {self.path}")
        return "\n".join(line for line in lines if line)


class Findings:
    """The findings of a campaign, each as `<case>.json` and, with the server's log, `<case>.log`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.all = []

    def keep(self, case, kind, text, log):
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{case.name}.json"
        case.save(path)
        path.with_suffix(".log").write_text(f"{kind}: {text}\n{case.note}\n\n{log}\n")
        finding = Finding(kind, text, case, path, place(log))
        self.all.append(finding)
        return finding


def place(log):
    """The first lines of a crash report's stack, or the assertion that ended the process, in one line."""
    found = WORDS.search(log)
    if found:
        return found.group(1).strip()[:300]
    frames = re.findall(r"^(?:/\S*/)?([^/\s(]+)\(([^)]*)\)\[0x", log, re.MULTILINE)
    return " < ".join(f"{library}:{name}" for library, name in frames[2:6])
