#!/usr/bin/env bash
# Makes the picture of the README: two real windows, a light one and a dark one, and a real relay between them.
#
#   scripts/screenshots.sh [FILE]     writes docs/window.png, or FILE
#
# MSG=/path/to/msg takes that executable, which must have been built with the feature gui, instead of building one.
# Everything runs on a screen of its own (Xvfb). The dates in the picture are those of the day.
set -euo pipefail

# How long to wait for anything, in seconds, before giving up.
readonly patience=30
# In bytes: what git is to carry.
readonly most_bytes=200000

# What is needed, and the Debian package that has it.
readonly -A packages=(
    [Xvfb]=xvfb [openbox]=openbox [dbus-daemon]=dbus [xdotool]=xdotool [xclip]=xclip [import]=imagemagick
    [convert]=imagemagick [fc-list]=fontconfig [setpriv]=util-linux
)
# Fonts that the conversation needs, by a character of each.
readonly -A fonts=([1f389]=fonts-noto-color-emoji [4f60]=fonts-noto-cjk [645]=fonts-noto-core)

main() {
    local output=${1:-}
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    output=${output:-docs/window.png}
    check_tools
    prepare
    open_screen
    open_relay
    open_window zoe Zoé 20 Default
    open_window bob Bob 600 Default:dark
    converse
    photograph zoe
    photograph bob
    join "$output"
}

fail() {
    printf 'scripts/screenshots.sh: %s\n' "$1" >&2
    exit 1
}

# Says which packages are missing, all at once.
check_tools() {
    local missing=() tool character
    for tool in "${!packages[@]}"; do
        command -v "$tool" >/dev/null || missing+=("${packages[$tool]}")
    done
    for character in "${!fonts[@]}"; do
        [[ -n $(fc-list ":charset=$character" file 2>/dev/null) ]] || missing+=("${fonts[$character]}")
    done
    ((${#missing[@]} == 0)) ||
        fail "needs Debian packages: apt install $(printf '%s\n' "${missing[@]}" | sort -u | paste -sd ' ')"
}

prepare() {
    if [[ -z ${MSG-} ]]; then
        cargo build --quiet --locked --release --features gui
        MSG=${CARGO_TARGET_DIR:-target}/release/msg
    fi
    scratch=$(mktemp -d)
    # Whatever runs in the background ends with this script: see `background`.
    trap 'kill "${jobs[@]}" 2>/dev/null; wait; rm -rf "$scratch"' EXIT
    jobs=()
    # A caret that blinks, or a button that fades, would make each picture another.
    mkdir -p "$scratch/.config/gtk-4.0"
    printf '[Settings]\ngtk-cursor-blink=false\ngtk-enable-animations=false\n' >"$scratch/.config/gtk-4.0/settings.ini"
    unset WAYLAND_DISPLAY GTK_THEME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CURRENT_DESKTOP
    export HOME=$scratch XDG_RUNTIME_DIR=$scratch LANG=C.UTF-8 GDK_BACKEND=x11 GSK_RENDERER=cairo
}

# Starts a program in the background, which ends with this script, however that ends.
background() {
    setpriv --pdeathsig TERM -- "$@" 2>>"$scratch/errors" &
    jobs+=($!)
}

# The first row of a file that matches, as soon as it is there.
wait_for() {
    local file=$1 pattern=$2
    touch "$file"
    timeout "$patience" grep -m1 -e "$pattern" <(tail -n +1 -f --pid=$$ "$file" 2>/dev/null) ||
        fail "waited in vain for « $pattern »; the programs said: $(cat "$scratch/errors")"
}

open_screen() {
    background Xvfb -displayfd 1 -screen 0 1200x720x24 -nolisten tcp -noreset >"$scratch/display"
    DISPLAY=:$(wait_for "$scratch/display" '^[0-9]')
    export DISPLAY
    background dbus-daemon --session --nofork --print-address=1 >"$scratch/bus"
    DBUS_SESSION_BUS_ADDRESS=$(wait_for "$scratch/bus" '^unix:')
    export DBUS_SESSION_BUS_ADDRESS
    background openbox --sm-disable >/dev/null
}

open_relay() {
    # Its rows begin with how to call it.
    setpriv --pdeathsig TERM -- "$MSG" --relay 127.0.0.1:0 >/dev/null 2>"$scratch/relay" &
    jobs+=($!)
    address=$(wait_for "$scratch/relay" '--connect' | grep -o '127\.0\.0\.1:[0-9]*')
}

declare -A window

# open_window KEY NAME LEFT THEME: a person's window, at its place on the screen.
open_window() {
    local key=$1 name=$2 left=$3 theme=$4
    GTK_THEME=$theme background "$MSG" --gui --connect "$address" --nom "$name" --history "$scratch/$key"
    window[$key]=$(timeout "$patience" xdotool search --sync --all --onlyvisible --pid "${jobs[-1]}" --name . | head -1)
    [[ -n ${window[$key]} ]] || fail "no window of $name: $(cat "$scratch/errors")"
    xdotool windowmove --sync "${window[$key]}" "$left" 20
}

# Puts a window in front, and waits until it has the keys: the window manager names it the active one before that.
bring_forward() {
    xdotool windowactivate --sync "${window[$1]}" windowfocus --sync "${window[$1]}" 2>>"$scratch/errors"
}

# say KEY TEXT: pasted rather than typed, because a keyboard has no emoji; the other has it in the record then.
say() {
    local other=bob
    [[ $1 == bob ]] && other=zoe
    printf '%s' "$2" | xclip -selection clipboard 2>>"$scratch/errors"
    bring_forward "$1"
    xdotool key --clearmodifiers ctrl+v Return
    wait_for "$scratch/$other" "$2" >/dev/null
}

converse() {
    # A window's title says who is opposite, after the count of what nobody has seen.
    timeout "$patience" xdotool search --sync --name 'Bob$' >/dev/null || fail 'Bob never came'
    say zoe 'Bonjour Bob ! Où en es-tu du TP de systèmes et réseaux ?'
    say bob "Salut Zoé 👋 Le relais marche : deux places, puis il n'écoute plus."
    say zoe "Et si je débranche le câble au milieu d'une phrase ?"
    say bob "Essaie ! Ce qui attend part de lui-même au retour : rien ne se perd, rien n'arrive deux fois."
    say bob 'Le sujet : https://exemple.fr/tp/messagerie'
    say zoe "Œuvre, été, مرحبا, 你好 : tout s'affiche 🎉"
    say bob 'Parfait. À demain !'
    say zoe '👍'
}

# Takes a window's picture, once it does not change any more.
photograph() {
    local file=$scratch/$1.png before='' now
    bring_forward "$1"
    for ((turn = 0; turn < 100; turn++)); do
        import -window "${window[$1]}" "$file"
        now=$(convert "$file" rgb:- | sha256sum)
        [[ $now == "$before" ]] && return
        before=$now
    done
    fail "the window of $1 never stands still"
}

# Puts the two side by side into one small file.
join() {
    convert "$scratch/zoe.png" \( -size 16x1 xc:none \) "$scratch/bob.png" -background none +append \
        -strip +dither -colors 255 -define png:compression-level=9 -define png:exclude-chunks=date,time "PNG8:$scratch/window.png"
    local size
    size=$(stat -c %s "$scratch/window.png")
    ((size <= most_bytes)) || fail "the picture has $size bytes, more than $most_bytes"
    cp "$scratch/window.png" "$1"
    printf '%s: %s bytes\n' "$1" "$size"
}

main "$@"
