"""Numbers of the vendors' formats and tables by the vendors' own names: written, and compared."""
