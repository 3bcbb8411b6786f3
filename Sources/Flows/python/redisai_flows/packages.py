"""Packages of sessions: each session imports from a folder of its own, beside what this Python has.

`sys.modules` is one for all sessions. So a session whose folder has a package in another version than that of
another session is refused, and what was imported from a folder is forgotten with its session.
"""

import importlib
import importlib.machinery
import importlib.metadata
import re
import sys

from .asking import current

# The sessions' names by their folders.
_owners = {}


class Conflict(Exception):
    """A package that another session has in another version; its text is for who sent the script."""


class _Finder(importlib.metadata.DistributionFinder):
    """Looks into the folder of the session whose code runs, after all other places."""

    def find_spec(self, name, path=None, target=None):
        if path is not None or not _owners:
            return None
        return importlib.machinery.PathFinder.find_spec(name, _folders(), target)

    def find_distributions(self, context=importlib.metadata.DistributionFinder.Context()):
        # Who says where to look does not mean these.
        if "path" in vars(context) or not _owners:
            return iter(())
        return _distributions(_folders(), context.name)


_FINDER = _Finder()


def _folders():
    """Of the session whose code runs; on a thread that a flow has made nobody knows whose, so all."""
    asker = current.get()
    if asker is None:
        return list(_owners)
    folder = asker.session.folder
    return [] if folder is None else [folder]


def _distributions(folders, name=None):
    context = importlib.metadata.DistributionFinder.Context(name=name, path=folders)
    return importlib.metadata.MetadataPathFinder.find_distributions(context)


def versions(folder):
    """The versions of the packages in a folder, by their names as pip compares them."""
    found = ((package.metadata["Name"], package.version) for package in _distributions([folder]))
    return {_canonical(name): version for name, version in found if name and version}


def _canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def add(folder, owner):
    """Has a session's code import from a folder. Raises `Conflict`."""
    own = versions(folder)
    for other, session in list(_owners.items()):
        for name, version in versions(other).items():
            if own.get(name, version) != version:
                raise Conflict(f"{name} {own[name]} cannot be used beside {name} {version} of session "
                               f"{session}, since sessions share what is imported: end that session first")
    _owners[folder] = owner
    importlib.invalidate_caches()
    if _FINDER not in sys.meta_path:
        sys.meta_path.append(_FINDER)


def remove(folder):
    """A session is gone: nothing is imported from its folder, and what was is imported anew by others."""
    if _owners.pop(folder, None) is None:
        return
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(folder + "/"):
            sys.modules.pop(name, None)
