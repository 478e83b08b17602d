#!/usr/bin/env bash
# Une discussion du début à la fin, en une commande : un relais et deux clients, trois vrais processus.
#
#   scripts/demo.sh          la joue, montre les trois écrans, puis vérifie chaque point du sujet ;
#                            statut 0 si tous tiennent
#   scripts/demo.sh --live   les ouvre dans tmux, pour y écrire soi-même : les trois, ou deux, dont l'une est aussi le
#                            relais
#
# MSG=/chemin/vers/msg prend cet exécutable-là au lieu d'en construire un.
#
# How it works: whatever the three processes write comes as rows « side TAB row » through one pipe, and only this script
# reads it. So rows are shown in the order in which they came, and waiting for something is reading until it comes.
set -euo pipefail
set -m # each background job in a group of its own, so that ending the group ends all of it

# How long to wait for anything, in seconds, before giving up.
readonly patience=15
readonly sentence='a quitté la discussion.'

readonly -a points=(
    'I.1–2   une socket serveur, liée à une adresse et à un port'
    "I.3     exactement deux connexions : ensuite le relais n'écoute plus, un troisième est refusé"
    'I.4     les deux écrivent quand ils veulent, en même temps, dans les deux sens'
    "I.4.A–B le relais affiche chaque message une fois, avec la date, l'heure et le nom"
    "I.4.C   il le transmet à l'autre, accents compris, et dans l'ordre"
    "I.5     les sockets sont fermées une fois l'échange fini"
    "I.6     « quitter » comme « /quit » termine : l'autre lit la phrase exacte, les trois statuts sont 0"
    'II.1    le client ouvre une socket et demande une connexion'
    "II.2    il reçoit pendant que l'on peut écrire"
    "II.3–4  il se ferme quand on le quitte, et quand l'autre est parti"
    "III     chacun voit ses messages et ceux de l'autre, avec leur date (en mode ligne ; --gui en fait une fenêtre)"
)

main() {
    case "${1-}" in
        '') play ;;
        --live) live ;;
        *)
            printf 'usage : scripts/demo.sh [--live]\n' >&2
            exit 64
            ;;
    esac
}

play() {
    prepare
    title 'Première discussion : Alice la termine par /quit'
    open_relay
    hold 'I.1–2' "le relais n'écoute pas" test "$(sockets LISTEN "$relay")" = 1
    sit alice Alice --history "$scratch/journal"
    need alice 'en attente'
    say alice "Il y a quelqu'un ? Déjà écrit avant ton arrivée."
    sit zoe Zoé
    need zoe 'Déjà écrit avant ton arrivée.'
    hold 'II.1' 'pas de connexion chez Alice' test "$(sockets ESTABLISHED "$alice")" = 1
    hold 'II.1' 'pas de connexion chez Zoé' test "$(sockets ESTABLISHED "$zoe")" = 1
    need relay "n'écoute plus"
    hold 'I.3' 'le relais écoute encore' test "$(sockets LISTEN)" = 0
    hold 'I.3' "il n'a pas deux connexions" test "$(sockets ESTABLISHED "$relay")" = 2
    sit intrus Intrus
    need intrus "${mark}status"
    hold 'I.3' "un troisième n'est pas refusé" test "${status[intrus]}" = 69

    # Zoé has not written anything yet: she received while she could have been typing.
    hold 'II.2' "rien reçu avant d'avoir écrit" test "${said[zoe]-}" = ''
    say zoe 'Bonjour Alice ! Ça marche : « œuvre », garçon, où ? 日本 👩‍👩‍👧'
    need alice '日本 👩‍👩‍👧'
    hold 'I.4' "Alice n'a rien reçu de Zoé" shows alice 'Zoé  Bonjour Alice ! Ça marche'

    # Both at once: all is written before anything is read.
    say alice 'A1, en même temps' 'A2, en même temps' 'A3, en même temps'
    say zoe 'Z1, en même temps' 'Z2, en même temps' 'Z3, en même temps'
    need zoe 'A3, en même temps'
    need alice 'Z3, en même temps'
    hold 'I.4' 'un message manque' in_order alice Z1 Z2 Z3
    hold 'I.4.C' "chez Zoé, l'ordre n'est pas celui d'Alice" in_order zoe 'Déjà écrit' A1 A2 A3
    hold 'I.4.C' "chez Alice, l'ordre n'est pas celui de Zoé" in_order alice '日本 👩‍👩‍👧' Z1 Z2 Z3

    say alice 'À bientôt !' '/quit'
    finish
    hold 'I.4.C' 'le dernier message manque' in_order zoe 'À bientôt !' "le client Alice $sentence"
    hold 'I.6' 'Zoé ne lit pas la phrase exacte' has_row zoe "le client Alice $sentence"
    ended_well 'après /quit'
    local side
    for side in relay alice zoe; do printf '%s' "${screen[$side]}" >"$scratch/$side"; done
    every_line_stamped 'I.4.A–B' relay
    every_line_stamped 'III' alice
    every_line_stamped 'III' zoe
    every_line_stamped 'III' journal
    hold 'III' "le journal est lisible par d'autres" test "$(stat -c %a "$scratch/journal")" = 600

    title 'Seconde discussion : Zoé la termine par « quitter »'
    open_relay
    sit alice Alice
    need alice 'en attente'
    sit zoe Zoé
    need alice 'Zoé'
    say zoe 'Je ne fais que passer.' 'quitter'
    finish
    hold 'I.6' 'Alice ne lit pas la phrase exacte' has_row alice "le client Zoé $sentence"
    hold 'I.6' "Alice n'a pas eu le dernier message" in_order alice 'Je ne fais que passer.' "le client Zoé $sentence"
    ended_well 'après « quitter »'
    conclude
}

# ── The three processes ──────────────────────────────────────────────────────────────────────────────────────────────

# Begins the rows that a process did not write itself: its number and its exit status. No screen of msg shows control
# characters, so nothing that is said can pass for one.
readonly mark=$'\x01'

declare -A screen=() said=() status=() inlet=()
declare -a groups=()
relay='' alice='' zoe='' port='' scratch='' events=''

prepare() {
    trap clean EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    build
    scratch=$(mktemp -d)
    mkfifo "$scratch/events"
    exec {events}<>"$scratch/events"
}

build() {
    local root
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    msg=${MSG-}
    if [[ -z $msg ]]; then
        cargo build --quiet --locked --manifest-path "$root/Cargo.toml"
        msg=${CARGO_TARGET_DIR:-$root/target}/debug/msg
    fi
}

clean() {
    trap '' HUP INT TERM
    exec 2>/dev/null # bash would tell of each process that it ended
    local group
    # The last may have been started without having got into the list.
    for group in "${groups[@]}" ${!-}; do
        # One that has ended by itself is gone, which is what is wanted.
        kill -KILL -- "-$group" || true
    done
    if [[ -n $scratch ]]; then rm -rf "$scratch"; fi
}

# start SIDE COMMAND…: runs it with the standard input of this call.
start() {
    screen[$1]='' status[$1]='' said[$1]=''
    labelled "$@" &
    groups+=($!)
}

# Sends what a command writes as rows of SIDE, between its number and its exit status.
labelled() {
    local side=$1 fd
    shift
    # What this script writes to is nobody else's.
    for fd in "${inlet[@]}"; do exec {fd}>&-; done
    {
        "$@" <&0 {events}>&- &
        printf '%spid %d\n' "$mark" $!
        wait $! && printf '%sstatus 0\n' "$mark" || printf '%sstatus %d\n' "$mark" $?
    } 2>&1 | sed -u "s/^/$side\t/" >&"$events"
}

open_relay() {
    start relay "$msg" --relay 127.0.0.1:0 </dev/null
    need relay '--nom VOTRE_NOM'
    port=${screen[relay]#*--connect 127.0.0.1:}
    port=${port%% *}
}

# sit SIDE NAME OPTION…: a client whose keyboard is the pipe that « say » writes to.
sit() {
    local side=$1 name=$2 keyboard=$scratch/keyboard.$1 fd
    shift 2
    if [[ -n ${inlet[$side]-} ]]; then
        fd=${inlet[$side]}
        exec {fd}>&-
    fi
    rm -f "$keyboard"
    mkfifo "$keyboard"
    exec {fd}<>"$keyboard"
    inlet[$side]=$fd
    start "$side" "$msg" --connect "127.0.0.1:$port" --nom "$name" "$@" <"$keyboard"
    need "$side" "${mark}pid"
}

# say SIDE LINE…: types lines, all at once.
say() {
    local side=$1 line
    shift
    for line; do
        row "$side" '›' "$line"
        [[ $line == /* || $line == quitter ]] || said[$side]+=$line$'\n'
    done
    printf '%s\n' "$@" >&"${inlet[$side]}"
    # Nothing depends on it: a person who looks on reads more slowly than three processes talk.
    if [[ -t 1 ]]; then sleep 0.5; fi
}

# Waits for all three to end.
finish() {
    local side
    for side in alice zoe relay; do
        need "$side" "${mark}status"
    done
}

# ── What they show ───────────────────────────────────────────────────────────────────────────────────────────────────

# need SIDE TEXT: shows what comes until SIDE has shown TEXT; gives up when it does not come.
need() {
    local until=$((SECONDS + patience)) side text
    until shows "$1" "$2"; do
        # What has ended shows nothing more.
        if [[ -n ${status[$1]} ]] ||
            ! IFS=$'\t' read -r -t $((until > SECONDS ? until - SECONDS : 0)).1 side text <&"$events"; then
            printf '\n« %s » attendu en vain de %s.\n' "${2//"$mark"/}" "$1" >&2
            conclude
        fi
        take "$side" "$text"
    done
}

take() {
    screen[$1]+=$2$'\n'
    case $2 in
        "${mark}pid "*) printf -v "$1" '%d' "${2##* }" ;;
        "${mark}status "*) status[$1]=${2##* } && row "$1" '■' "terminé, statut ${2##* }" ;;
        *) row "$1" '│' "$2" ;;
    esac
}

shows() { [[ ${screen[$1]} == *"$2"* ]]; }

has_row() { [[ $'\n'${screen[$1]} == *$'\n'"$2"$'\n'* ]]; }

# in_order SIDE TEXT…
in_order() {
    local rest=${screen[$1]} text
    shift
    for text; do
        [[ $rest == *"$text"* ]] || return 1
        rest=${rest#*"$text"}
    done
}

# sockets STATE [PID]: how many sockets of 127.0.0.1 at this port, of that process's where it is named, are in that state.
sockets() {
    local code inode count=0
    case $1 in
        LISTEN) code=0A ;;
        ESTABLISHED) code=01 ;;
        not-forgotten) code='0[^6]' ;; # all but TIME_WAIT, which the kernel alone holds
    esac
    while read -r inode; do
        [[ -z ${2-} ]] || find "/proc/$2/fd" -lname "socket:\[$inode\]" 2>/dev/null | grep -q . || continue
        count=$((count + 1))
    done < <(
        awk -v port="$(printf '0100007F:%04X$' "$port")" -v code="^$code\$" \
            '($2 ~ port || $3 ~ port) && $4 ~ code { print $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
    )
    printf '%d' "$count"
}

# ── The verdict ──────────────────────────────────────────────────────────────────────────────────────────────────────

declare -A verdict=()

# hold POINT REPROACH COMMAND…: the point holds as long as each of its commands succeeds.
hold() {
    local point=$1 reproach=$2
    shift 2
    if ! "$@"; then
        verdict[$point]=$reproach
    elif [[ -z ${verdict[$point]-} ]]; then
        verdict[$point]=held
    fi
}

ended_well() {
    local side
    for side in relay alice zoe; do
        hold 'I.6' "statut ${status[$side]} de $side $1" test "${status[$side]}" = 0
        hold 'II.3–4' "$side court encore $1" test ! -e "/proc/${!side}"
    done
    hold 'I.5' "une socket reste ouverte $1" test "$(sockets not-forgotten)" = 0
}

readonly stamp='^[0-3][0-9]/[01][0-9]/20[0-9][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9]$'

# stamped FILE NAME LINE: how many rows of the file are this message with a date and time.
stamped() {
    local count=0 row tail="  $2  $3"
    while IFS= read -r row; do
        [[ $row == *"$tail" && ${row%"$tail"} =~ $stamp ]] && count=$((count + 1))
    done <"$1"
    printf '%d' "$count"
}

# every_line_stamped POINT FILE: all that Alice and Zoé have said stands in it.
every_line_stamped() {
    local name line
    while IFS=$'\t' read -r name line; do
        hold "$1" "« $line » n'est pas une fois, datée, dans $2" test "$(stamped "$scratch/$2" "$name" "$line")" = 1
    done < <(printf '%s' "${said[alice]}" | sed 's/^/Alice\t/' && printf '%s' "${said[zoe]}" | sed 's/^/Zoé\t/')
}

conclude() {
    local point key failed=0
    title 'Le sujet, point par point'
    for point in "${points[@]}"; do
        key=${point%% *}
        case ${verdict[$key]-} in
            held) printf '%s✔%s %s\n' "$green" "$plain" "$point" ;;
            *) printf '%s✘%s %s\n    %s\n' "$red" "$plain" "$point" "${verdict[$key]:-non vérifié}" && failed=$((failed + 1)) ;;
        esac
    done
    if ((failed)); then
        printf '\n%s%d sur %d en défaut.%s\n' "$red" "$failed" "${#points[@]}" "$plain"
        exit 1
    fi
    printf '\n%sTout tient.%s\n' "$green" "$plain"
    exit 0
}

# ── The screen ───────────────────────────────────────────────────────────────────────────────────────────────────────

plain='' bold='' red='' green='' cyan='' magenta='' yellow=''
if [[ -t 1 && -z ${NO_COLOR-} && ${TERM:-dumb} != dumb ]]; then
    plain=$'\e[0m' bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' cyan=$'\e[36m' magenta=$'\e[35m' yellow=$'\e[33m'
fi

title() { printf '\n%s%s%s\n\n' "$bold" "$1" "$plain"; }

row() {
    case $1 in
        alice) printf '%s Alice  %s%s %s\n' "$cyan" "$2" "$plain" "$3" ;;
        zoe) printf '%s Zoé    %s%s %s\n' "$magenta" "$2" "$plain" "$3" ;;
        relay) printf '%s relais %s%s %s\n' "$green" "$2" "$plain" "$3" ;;
        *) printf '%s %-6s %s%s %s\n' "$yellow" "$1" "$2" "$plain" "$3" ;;
    esac
}

# ── By hand ──────────────────────────────────────────────────────────────────────────────────────────────────────────

live() {
    if ! command -v tmux >/dev/null; then
        printf 'demo.sh --live montre ses terminaux dans tmux : apt install tmux\n' >&2
        exit 69
    fi
    if [[ ! -t 0 || ! -t 1 ]]; then
        printf 'demo.sh --live se lance dans un terminal\n' >&2
        exit 64
    fi
    local processes=''
    while [[ $processes != [23] ]]; do
        printf "3 : un relais et deux personnes ; 2 : deux personnes, dont l'une est aussi le relais [3] "
        read -r processes || exit 0
        processes=${processes:-3}
    done
    prepare
    trap 'tmux_here kill-server 2>/dev/null || true; clean' EXIT

    local shell columns rows port=''
    # Alice's program is the relay as well, or there is one for the relay alone.
    local -a first=("$msg" --relay 127.0.0.1:0)
    local title=relais
    if [[ $processes = 2 ]]; then
        first+=(--nom Alice)
        title=Alice
    fi
    # Each pane says how its program ended and stays until its person has read it.
    # shellcheck disable=SC2016 # the pane's shell expands these
    shell='"$@"; printf "\n[terminé, statut %d : Entrée ferme ce panneau] " $?; read -r _'
    read -r rows columns < <(stty size)
    # The relay starts once the pipe that its port is read from stands.
    mkfifo "$scratch/go"
    # shellcheck disable=SC2016
    tmux_here new-session -d -x "$columns" -y "$rows" \
        bash -c 'read -r _ <"$0"; '"$shell" "$scratch/go" "${first[@]}"
    tmux_here pipe-pane -O "cat >'$scratch/events'"
    printf 'go\n' >"$scratch/go"
    while [[ -z $port ]]; do
        local text
        if ! IFS= read -r -t "$patience" text <&"$events"; then
            printf 'le relais ne dit pas où il écoute\n' >&2
            exit 1
        fi
        [[ $text =~ --connect\ 127\.0\.0\.1:([0-9]+) ]] && port=${BASH_REMATCH[1]}
    done
    tmux_here pipe-pane
    tmux_here set -g mouse on
    tmux_here set -g pane-border-status top
    tmux_here set -g pane-border-format ' #{pane_title} '
    tmux_here set -g status-left ''
    tmux_here set -g status-right-length 120
    tmux_here set -g status-right 'un clic ou Ctrl-b o : autre panneau · /quit termine · Ctrl-b d : tout fermer'
    tmux_here set -g window-status-current-format ''
    tmux_here select-pane -T "$title"
    local split=-h
    if [[ $processes = 3 ]]; then
        tmux_here split-window -v -l '65%' bash -c "$shell" client "$msg" --connect "127.0.0.1:$port" --nom Alice
        tmux_here select-pane -T Alice
    else
        split=-v
    fi
    tmux_here split-window "$split" -l '50%' bash -c "$shell" client "$msg" --connect "127.0.0.1:$port" --nom Zoé
    tmux_here select-pane -T Zoé
    # Inside another tmux, too.
    TMUX='' tmux_here attach
}

# A server of our own, which reads nobody's settings.
tmux_here() { tmux -u -f /dev/null -L "msg-demo-$$" "$@"; }

main "$@"
