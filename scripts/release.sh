#!/usr/bin/env bash
# Makes what is released: an archive a system, and SHA256SUMS, in target/release-files.
#
#   scripts/release.sh            all systems
#   scripts/release.sh NAME…      some of them: x86_64-linux aarch64-linux aarch64-macos x86_64-freebsd
#                                 x86_64-windows
#
# Whoever builds the same commit with the same Rust, in whatever folder, gets the same sums. Needs rustup, or Debian's Rust in its
# place (scripts/std.sh says which was used), python3, with venv for macOS's and FreeBSD's linker (zig), and mingw-w64's gcc
# for Windows.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

. scripts/std.sh

# The oldest macOS on ARM.
export MACOSX_DEPLOYMENT_TARGET=11.0

readonly out="$target/release-files"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
readonly version

declare -A triples=(
    [x86_64-linux]=x86_64-unknown-linux-musl
    [aarch64-linux]=aarch64-unknown-linux-musl
    [aarch64-macos]=aarch64-apple-darwin
    [x86_64-freebsd]=x86_64-unknown-freebsd
    [x86_64-windows]=x86_64-pc-windows-gnu
)

# The folders that a build is made in and from stay out of what it makes. (None may have a space in its name.)
flags=(
    "--remap-path-prefix=$PWD=/msg"
    "--remap-path-prefix=$target=/target"
    "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    "--remap-path-prefix=$(rustc --print sysroot)=/rust"
)

# Builds for the system $1 whose target is $2.
build() {
    local name=$1 triple=$2 own=()
    case $name in
        *-windows)
            # A program says there when it was linked, unless it is told not to.
            own=("-Clink-arg=-Wl,--no-insert-timestamp")
            ;;
        *-macos | *-freebsd)
            # Where macOS's frameworks are, by a relative path, for flags are part of a build's identity. And no debugging
            # symbols, not even for the linker: it draws a macOS program's UUID from them, and they name folders.
            own=(-Clink-arg=-F./packaging/macos "-Clink-arg=-Wl,-S")
            ;;
    esac
    RUSTFLAGS="${flags[*]} ${own[*]}" cargo_for "$triple" build --release
}

# Packs the program for the system $1 whose target is $2, with what belongs to it.
pack() {
    local name="msg-chat-$version-$1" folder
    folder="$out/$name"
    rm -rf "$folder"
    case $1 in
        # Windows has a msg of its own.
        *-windows) install -D -m 755 "$target/$2/release/msg.exe" "$folder/msg-chat.exe" ;;
        *) install -D -m 755 "$target/$2/release/msg" "$folder/msg" ;;
    esac
    install -m 644 README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$folder"
    with_rust_for "$2" scripts/third_party.py "$2" | install -m 644 /dev/stdin "$folder/THIRD-PARTY.txt"
    install -D -m 644 packaging/man/msg.1 "$folder/man/man1/msg.1"
    install -D -m 644 packaging/man/msg.fr.1 "$folder/man/fr/man1/msg.1"
    install -D -m 644 -t "$folder/completions" packaging/completions/*
    case $1 in
        *-windows)
            find "$folder" -exec touch --date "@$SOURCE_DATE_EPOCH" {} +
            (cd "$out" && TZ=UTC python3 -m zipfile --create "$name.zip" "$name")
            ;;
        *)
            tar --create --directory "$out" --sort name --mtime "@$SOURCE_DATE_EPOCH" --owner 0 --group 0 \
                --numeric-owner --format ustar "$name" | gzip --no-name --best >"$out/$name.tar.gz"
            ;;
    esac
    rm -r "$folder"
}

mkdir -p "$out"
rm -f "$out"/*
(($#)) || set -- "${!triples[@]}"
for name in "$@"; do
    triple=${triples[$name]-}
    if [[ -z $triple ]]; then
        printf 'no such system: %s. There are: %s\n' "$name" "${!triples[*]}" >&2
        exit 64
    fi
    build "$name" "$triple"
    pack "$name" "$triple"
done
cd "$out"
sha256sum -- msg-chat-* | tee SHA256SUMS
