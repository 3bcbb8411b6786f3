#!/usr/bin/env bash
# Runs the checks of the C API with all C of the module, and the example, under the address sanitizer:
# sanitize.sh COMMAND... with the command that builds the module into .build-asan.
set -euo pipefail
runtime=$(clang -print-file-name="libclang_rt.asan-$(uname -m).so")
if [ ! -e "$runtime" ]; then
    echo "sanitize: clang has no address sanitizer at $runtime; use the clang of the Swift toolchain" >&2
    exit 1
fi
"$@" -Xcc -fsanitize=address -Xcc -shared-libasan -Xcc -fno-omit-frame-pointer
mkdir -p build/sanitized
cp .build-asan/release/libredisai.so build/sanitized/redisai.so
chmod 755 build/sanitized/redisai.so  # redis-server refuses a module that is not executable.
export REDISAI_MODULE=$PWD/build/sanitized/redisai.so REDISAI_SANITIZER=$runtime
exec build/python/bin/python -m pytest -q Tests/server/test_shared_api.py
