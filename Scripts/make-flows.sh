#!/usr/bin/env bash
# Lays the Python side of flows where the module looks for it, with its core in C: make-flows.sh FOLDER.
# SWIFT names the Swift whose clang compiles that.
set -euo pipefail
target=$1
sources=$(dirname "$0")/../Sources
swift=$(readlink -f "$(command -v "${SWIFT:-swift}")")
compiler=$(dirname "$swift")/clang

# A Python that runs has the old files; the new ones come all at once.
partial=$target.partial
rm -rf "$partial"
mkdir -p "$partial"
cp -r "$sources/Flows/python/." "$partial"
rm -rf "$partial"/__pycache__ "$partial"/*/__pycache__
# Python's functions are there when it loads this.
"$compiler" -std=c17 -O2 -g -fPIC -fvisibility=hidden -Wall -Wextra -Werror -pthread -shared -Wl,-z,now \
    -o "$partial/redisai_flows/_core.abi3.so" "$sources"/Flows/core/*.c
rm -rf "$target"
mv "$partial" "$target"
