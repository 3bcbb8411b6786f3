#!/usr/bin/env bash
# Installs the named Debian packages that are missing, or says what to type: need.sh PACKAGE...
# It never asks for a password: make may run without a terminal.
set -euo pipefail

# Whether what a package is wanted for is there, wherever it came from.
is_there() {
    case $1 in
    redis-server) command -v "${REDIS_SERVER:-redis-server}" ;;
    python3-venv) "${PYTHON:-python3}" -c 'import ensurepip, venv' ;;  # Debian's python3 lacks these.
    *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

missing=()
for package in "$@"; do
    is_there "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

wants_server=false
[[ " ${missing[*]} " != *" redis-server "* ]] || wants_server=true

# Debian starts a server as soon as its package is installed. Only the program is wanted here, and the
# service would hold the port that `make run` uses. A service that was there before is never touched.
stop_service='systemctl disable --now redis-server'

if ! command -v apt-get >/dev/null; then
    echo "This needs the following, under Debian's package names: ${missing[*]}" >&2
    echo "This system has no apt-get: install them its own way, then type the same make command again." >&2
    exit 1
fi

if [ "$(id -u)" = 0 ]; then
    as_root=()
elif sudo --non-interactive true 2>/dev/null; then
    as_root=(sudo --non-interactive)
else
    echo "This needs Debian packages that are not installed, and installing them needs root. Type:" >&2
    echo "    sudo apt-get update && sudo apt-get install ${missing[*]}" >&2
    if $wants_server; then
        echo "    sudo $stop_service    # only the program is needed, not the service on port 6379" >&2
    fi
    echo "and then the same make command again." >&2
    exit 1
fi

echo "==> installing Debian packages: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --option DPkg::Lock::Timeout=300)
# A failing update need not matter: a third-party source may be down, and the lists may be new enough.
"${apt[@]}" update --quiet || echo "apt-get update failed; going on with the package lists that are here" >&2
"${apt[@]}" install --yes --no-install-recommends "${missing[@]}" || {
    echo "apt-get could not install ${missing[*]}; its message stands above. Mend that, then make again." >&2
    exit 1
}

if $wants_server; then
    echo "==> stopping the service that came with redis-server; only the program is needed"
    if [ -d /run/systemd/system ]; then
        # shellcheck disable=SC2086
        "${as_root[@]}" $stop_service
    else
        "${as_root[@]}" service redis-server stop
    fi
fi

for package in "${missing[@]}"; do
    is_there "$package" || {
        echo "$package is installed now, but what it is needed for is still not found." >&2
        echo "If PYTHON or REDIS_SERVER names another one than Debian's, type make without it." >&2
        exit 1
    }
done
