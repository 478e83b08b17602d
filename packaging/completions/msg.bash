# What bash offers after « msg »: the options that go with those already typed, and files after --history.

_msg() {
    # Every option, who has a use for it, and what follows it. Nobody talks at a relay with an option for relays alone.
    local -r options='
        opener --relay address
        relay  --daemon
        relay  --trace
        relay  --proxy-protocol
        relay  --metrics address
        client --connect address
        person --nom name
        client --salon name
        person --code
        person --history file
        person --texte
        person --muet
        person --gui
        client --brut
        anyone --help
        anyone --version'
    local -r apart=' opener+client client+opener relay+client client+relay relay+person person+relay '
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local typed=" ${COMP_WORDS[*]:1:COMP_CWORD-1} " who option value other others='' offered=''
    while read -r who option value; do
        if [[ $option == "$previous" && $value == file ]]; then
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
        fi
        [[ $option == "$previous" && $value ]] && return
        [[ $typed == *" $option "* ]] && others+=" $who"
    done <<<"$options"
    while read -r who option value; do
        [[ $typed == *" $option "* ]] && continue
        for other in $others; do
            [[ $apart == *" $who+$other "* ]] && continue 2
        done
        offered+=" $option"
    done <<<"$options"
    mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$current")
}

complete -F _msg msg
