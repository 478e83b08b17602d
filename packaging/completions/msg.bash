# What bash offers after « msg »: the options that go with those already typed, and files after --history.

_msg() {
    local current previous words
    current=${COMP_WORDS[COMP_CWORD]}
    previous=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    case $previous in
        --history)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --relay | --connect | --nom | --salon)
            return
            ;;
    esac
    case " ${COMP_WORDS[*]} " in
        *" --relay "*) words="--daemon --trace --nom --history --gui" ;;
        *" --connect "*) words="--nom --salon --history --gui --brut" ;;
        *) words="--relay --connect --nom --salon --history --gui --brut --daemon --trace --help --version" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _msg msg
