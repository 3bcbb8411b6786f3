"""Raising an exception in another thread, but never while that is in code that must not be left half done."""

from ._core import Shield, shield

__all__ = ["Shield", "shield"]
