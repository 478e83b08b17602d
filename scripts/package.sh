#!/usr/bin/env bash
# Makes a Debian package of msg; its path is the last line that is printed.
#
#   scripts/package.sh          msg-chat, for terminals and services
#   scripts/package.sh --gui    msg-chat-gui, with the window as well: needs libgtk-4-dev
#
# Needs cargo, and installs cargo-deb if it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Another version might choose other names, modes or dependencies.
readonly CARGO_DEB=3.8.0

variant=()
case ${1-} in
    "") ;;
    --gui) variant=(--variant gui) ;;
    *)
        printf 'usage: scripts/package.sh [--gui]\n' >&2
        exit 64
        ;;
esac

if [[ $(cargo deb --version 2>/dev/null) != "$CARGO_DEB" ]]; then
    cargo install --quiet --locked --version "=$CARGO_DEB" cargo-deb >&2
fi
# The path is the last line; what cargo says meanwhile goes to standard error.
cargo deb --locked "${variant[@]}" | tail -n 1
