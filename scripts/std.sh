# shellcheck shell=bash
# To be sourced, from the repository's root: cargo for other systems than this one.
#
# A system's standard library comes from rustup. Where that has none to give, as its server cannot be reached from everywhere,
# Debian's Rust builds it from its sources, once; zig then brings what Linux's static programs are linked with.

# Another version might link in another way.
readonly ZIGBUILD=0.24.1 ZIG=0.17.1
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
readonly target

# Whose Rust is used for a target: rustup or debian.
declare -A std_of=()

# Prints where zig, and cargo that links with it, are, and gets them first if need be.
zig_tools() {
    local tools="$target/release-tools-$ZIGBUILD-$ZIG"
    if [[ ! -e $tools/ready ]]; then
        python3 -m venv "$tools" >&2
        "$tools/bin/pip" install --quiet "cargo-zigbuild==$ZIGBUILD" "ziglang==$ZIG" >&2
        touch "$tools/ready"
    fi
    printf '%s\n' "$tools/bin"
}

# Installs Debian's Rust beside the other, if need be. Debian calls the one that it keeps up to date, for its browsers, -web.
# (-llvm has what strips macOS's program.)
debian_rust() {
    local packages=(rustc-web cargo-web rust-web-clippy rust-web-src rust-web-llvm)
    if dpkg-query -W -f='${Status}\n' "${packages[@]}" 2>/dev/null | grep -c '^install ok installed$' | grep -qx "${#packages[@]}"; then
        return
    fi
    if ((EUID)); then
        printf 'needs these packages of Debian, where rustup has no standard library for it: %s\n' "${packages[*]}" >&2
        return 1
    fi
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2
}

# Decides whose Rust is used for a target: find_std TARGET
find_std() {
    [[ -z ${std_of[$1]-} ]] || return 0
    if rustup --quiet target add "$1"; then
        std_of[$1]=rustup
    else
        printf '%s: rustup has no standard library for it here, so Debian'\''s Rust builds one\n' "$1" >&2
        debian_rust
        std_of[$1]=debian
    fi
}

# Runs a command with the Rust that is used for a target: with_rust_for TARGET COMMAND…
with_rust_for() {
    find_std "$1"
    if [[ ${std_of[$1]} == rustup ]]; then
        "${@:2}"
    else
        PATH="/usr/bin:$PATH" "${@:2}"
    fi
}

# Runs cargo clippy or cargo build for a target, with RUSTFLAGS as they are: cargo_for TARGET clippy|build ARGUMENT…
cargo_for() {
    local triple=$1 command=(cargo "$2") arguments=(--locked --target "$1" "${@:3}") linked=(env) path=$PATH
    find_std "$triple"
    if [[ ${std_of[$triple]} == debian ]]; then
        path="/usr/bin:$path"
        # To build the standard library is not a stable option of cargo's yet; what is built is this very compiler's.
        linked+=(RUSTC_BOOTSTRAP=1)
        arguments=("-Zbuild-std=std,panic_abort" "${arguments[@]}")
    fi
    case $2-$triple-${std_of[$triple]} in
        clippy-*-debian)
            # cargo would look for it beside rustup's.
            command=(cargo-clippy clippy)
            ;;
        build-*-apple-*-* | build-*-freebsd-* | build-*-musl-debian)
            path="$(zig_tools):$path"
            command=(cargo-zigbuild zigbuild)
            ;;&
        build-*-musl-debian | build-*-windows-gnu-debian)
            # What Rust would bring for its linker is not there, and zig and mingw-w64 have their own. (Rust brings it for no other.)
            linked+=("RUSTFLAGS=${RUSTFLAGS-} -Clink-self-contained=no")
            ;;
    esac
    PATH=$path "${linked[@]}" "${command[@]}" "${arguments[@]}"
}
