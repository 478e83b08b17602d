#!/usr/bin/env bash
# Makes a Debian package of msg; its path is the last line that is printed.
#
#   scripts/package.sh          msg-chat, for terminals and services
#   scripts/package.sh --gui    msg-chat-gui, with the window as well: needs libgtk-4-dev
#
# What follows goes to cargo deb: --profile dev makes one quickly. Needs cargo and python3, and
# installs cargo-deb if it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Another version might choose other names, modes or dependencies.
readonly CARGO_DEB=3.8.0

variant=() features=()
if [[ ${1-} == --gui ]]; then
    variant=(--variant gui) features=(gui)
    shift
fi

if [[ $(cargo deb --version 2>/dev/null) != "cargo-deb $CARGO_DEB" ]]; then
    # Optimizing it would take longer than all that it has to do here.
    cargo install --quiet --debug --locked --version "=$CARGO_DEB" cargo-deb >&2
fi
# Cargo.toml names it in this folder, wherever cargo builds.
mkdir -p target
host=$(rustc -vV | sed -n 's/^host: //p')
scripts/third_party.py "$host" "${features[@]}" >target/THIRD-PARTY.txt
# What cargo says goes to standard error.
cargo deb --locked "${variant[@]}" "$@" | tail -n 1
