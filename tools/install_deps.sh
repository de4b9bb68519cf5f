#!/bin/sh
# Installs the Debian packages that the build needs and that are missing; does nothing when all are there.
# Usage: install_deps.sh [test]   (test: what only the tests need, too)
set -eu
needed="g++ cmake ninja-build ccache libcli11-dev nlohmann-json3-dev libfmt-dev libsentencepiece-dev libstb-dev zlib1g-dev libcurl4-openssl-dev"
[ "${1:-}" = test ] && needed="$needed doctest-dev binutils qemu-user"

missing=""
for package in $needed; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
  if command -v sudo >/dev/null 2>&1; then
    as_root="sudo"
  else
    echo "These Debian packages are missing:$missing" >&2
    echo "Install them as root (apt-get install$missing), or install sudo, and run make again." >&2
    exit 1
  fi
fi
echo "Installing from Debian:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# Package lists first: a fresh machine has none. An unreachable mirror is only fatal if the installation then fails.
$as_root apt-get update -q >&2 || true
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2
