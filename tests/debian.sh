#!/usr/bin/env bash
# Sees to it that Debian's packages are there: tests/debian.sh PACKAGE...
# As root, as in a container or on CI, it installs what is missing; else it says how to.
set -euo pipefail
missing=()
for package in "$@"; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit
if [ "$(id -u)" != 0 ]; then
    echo "these packages are needed: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update --quiet=2
apt-get install --quiet=2 --no-install-recommends "${missing[@]}" >/dev/null
