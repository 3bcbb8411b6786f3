#!/usr/bin/env bash
# Lays the built library where redis-server loads it from: install-module.sh BUILT TARGET.
# The debug information goes to TARGET.debug, where gdb finds it by itself; names of functions stay
# in the module, so that a crash report can be read without it.
set -euo pipefail
built=$1
target=$2
mkdir -p "$(dirname "$target")"

# A running server has the old file mapped, so the new one gets a name of its own and is then renamed.
partial=$target.partial
cp "$built" "$partial"
objcopy=$(command -v objcopy || command -v llvm-objcopy || true)
if [ -n "$objcopy" ]; then
    "$objcopy" --only-keep-debug "$built" "$target.debug"
    # The link holds a bare file name, so this runs beside the file.
    (cd "$(dirname "$target")" &&
        "$objcopy" --strip-debug --add-gnu-debuglink="$(basename "$target").debug" "$(basename "$partial")")
else
    echo "objcopy is not installed, so the module keeps its debug information (harmless, only larger)"
fi
chmod 755 "$partial"  # redis-server refuses a module that is not executable.
mv "$partial" "$target"
echo "==> $target is ready ($(du -h "$target" | cut -f1))"
