#!/usr/bin/env bash
# Makes the picture of line mode in the README: a real conversation of two people, each at a real terminal (tmux), which
# is then drawn as it stands there.
#
#   scripts/terminal_picture.sh [FILE]     writes docs/terminal.svg, or FILE
#
# MSG=/path/to/msg takes that executable instead of building one. Everything runs on a network of its own, with an
# address that reads well. The dates in the picture are those of the day.
set -euo pipefail

# How long to wait for anything, in seconds, before giving up.
readonly patience=20
# In characters, and in pixels for each of them.
readonly columns=78 rows=13 cell_width=8.43 cell_height=19
readonly address=192.168.1.12

main() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    local tool
    for tool in tmux ip unshare awk; do
        command -v "$tool" >/dev/null || fail "needs $tool (Debian: apt install tmux iproute2 util-linux gawk)"
    done
    if [[ ${1-} != --inside ]]; then
        if [[ -z ${MSG-} ]]; then
            cargo build --quiet --locked --release
            MSG=${CARGO_TARGET_DIR:-target}/release/msg
        fi
        MSG=$(realpath "$MSG") exec unshare --map-root-user --net -- "scripts/$(basename "$0")" --inside "${1:-docs/terminal.svg}"
    fi
    open_network
    scratch=$(mktemp -d)
    trap 'tmux_here kill-server 2>/dev/null || true; rm -rf "$scratch"' EXIT
    mkdir "$scratch/bin"
    ln -s "$MSG" "$scratch/bin/msg"
    open_terminal Alice
    open_terminal Bob
    converse
    draw >"$scratch/picture"
    cp "$scratch/picture" "$2"
    printf '%s: %s bytes\n' "$2" "$(stat -c %s "$2")"
}

fail() {
    printf 'scripts/terminal_picture.sh: %s\n' "$1" >&2
    exit 1
}

open_network() {
    ip link add eth0 type veth peer name eth1
    ip address add "$address/24" dev eth0
    local interface
    for interface in lo eth0 eth1; do
        ip link set "$interface" up
    done
}

tmux_here() {
    tmux -S "$scratch/tmux" -f /dev/null "$@"
}

# open_terminal NAME: a terminal with a shell.
open_terminal() {
    tmux_here new-session -d -s "$1" -x "$columns" -y "$rows" \
        env -i PATH="$scratch/bin:$PATH" LC_ALL=C.UTF-8 TERM=tmux-256color TZ="${TZ-}" PS1='$ ' sh
    # The status row would take one of the terminal's.
    tmux_here set -g status off
    sees "$1" '^\$'
}

# sees NAME PATTERN: waits until that is on the screen.
sees() {
    local deadline=$((SECONDS + patience))
    until tmux_here capture-pane -p -t "$1" | grep -q -e "$2"; do
        ((SECONDS < deadline)) || fail "$1 waited in vain for « $2 »: $(tmux_here capture-pane -p -t "$1")"
    done
}

# types NAME TEXT
types() {
    tmux_here send-keys -t "$1" -l "$2"
}

# enters NAME TEXT
enters() {
    types "$1" "$2"
    tmux_here send-keys -t "$1" Enter
}

converse() {
    enters Alice 'msg --relay :5000 --nom Alice'
    sees Alice 'en attente'
    enters Alice "il y a quelqu'un ?"
    sees Alice 'en attente$'
    enters Bob "msg $address:5000"
    sees Bob 'votre nom'
    enters Bob Bob
    sees Alice 'reçu'
    enters Bob 'oui, moi 👋 ça marche !'
    sees Alice 'ça marche'
    enters Alice 'le sujet est là : https://exemple.fr/tp/messagerie/sujet.html et il faut le rendre avant vendredi, relais compris'
    sees Bob 'relais compris'
    enters Bob 'Œuvre, été, 你好 : tout passe'
    sees Alice 'tout passe'
    sees Bob 'reçu'
    types Alice 'et une coupure du réseau ne'
    sees Alice 'réseau ne'
}

# Both terminals, one below the other.
draw() {
    local name top=0 width height
    height=$((rows * cell_height + 44))
    width=$(awk "BEGIN { print int($columns * $cell_width + 32) }")
    printf '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" role="img">\n' \
        "$width" $((2 * height + 12)) "$width"
    printf '<title>Alice et Bob discutent en mode ligne</title>\n<style>\n'
    printf 'text { font: 14px "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #e4e4e4; white-space: pre }\n'
    printf '.c31 { fill: #ff7b72 } .c32 { fill: #7ee787 } .c35 { fill: #e4a0f7 } .c36 { fill: #76e3ea }\n'
    printf '.c2 { fill-opacity: .6 } .c1 { font-weight: bold } .title { fill: #b0b0b0 }\n</style>\n'
    for name in Alice Bob; do
        printf '<g transform="translate(0 %s)">\n' "$top"
        printf '<rect width="%s" height="%s" rx="8" fill="#1d2026"/>\n' "$width" "$height"
        printf '<text class="title" x="%s" y="21" text-anchor="middle">%s</text>\n' $((width / 2)) "$name"
        tmux_here capture-pane -e -p -t "$name" | rows_as_text
        printf '</g>\n'
        top=$((top + height + 12))
    done
    printf '</svg>\n'
}

# Rows with their colours, as text of a picture.
rows_as_text() {
    LC_ALL=C.UTF-8 awk -v height="$cell_height" '
        function escaped(text) {
            gsub(/&/, "\\&amp;", text)
            gsub(/</, "\\&lt;", text)
            gsub(/>/, "\\&gt;", text)
            return text
        }
        function classes(  look, list) {
            for (look in looks) list = list (list == "" ? "" : " ") "c" look
            return list
        }
        function take(codes,  count, code, i) {
            count = split(codes, code, ";")
            if (count == 0) delete looks
            for (i = 1; i <= count; i++) {
                if (code[i] == "" || code[i] == 0) delete looks
                else if (code[i] == 39 || code[i] >= 30 && code[i] < 38) {
                    delete looks[31]; delete looks[32]; delete looks[35]; delete looks[36]
                    if (code[i] != 39) looks[code[i]]
                } else if (code[i] < 30) looks[code[i]]
            }
        }
        {
            gsub(/\016|\017/, "")
            row = ""
            count = split($0, part, /\033\[/)
            for (i = 1; i <= count; i++) {
                text = part[i]
                if (i > 1) {
                    end = index(text, "m")
                    take(substr(text, 1, end - 1))
                    text = substr(text, end + 1)
                }
                if (text == "") continue
                list = classes()
                row = row (list == "" ? escaped(text) : "<tspan class=\"" list "\">" escaped(text) "</tspan>")
            }
            if (row != "") printf "<text x=\"16\" y=\"%d\" xml:space=\"preserve\">%s</text>\n", 26 + NR * height, row
        }'
}

main "$@"
