#!/usr/bin/env bash
# Starts redis-server with the module in the foreground: run.sh [MODULE WORDS...]
# `make run` calls it when everything is built, and sets PORT, REDIS_SERVER and REDIS_ARGS.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
data=$root/build/data
mkdir -p "$data"

cat <<TEXT

The server runs here on port $PORT until Ctrl-C; its data is kept in build/data. From another terminal:
  1. connect:          redis-cli -p $PORT
  2. store a tensor:   AI.TENSORSET a FLOAT 2 2 VALUES 1 2 3 4
  3. read it back:     AI.TENSORGET a VALUES     (README.md goes on from here to a first model)

TEXT

# exec: signals reach the server itself, and its exit code is this command's.
# REDIS_ARGS is split into words here; it stands after our own settings so that it can replace them.
# shellcheck disable=SC2086
exec "$REDIS_SERVER" --port "$PORT" --bind 127.0.0.1 -::1 --dir "$data" \
    $REDIS_ARGS --loadmodule "$root/build/redisai.so" "$@"
