"""What the tests of vendors' numbers share: the program that writes them is a package of Scripts."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Scripts"))
