# What fish offers after « msg »: the options that go with those already typed, and files after --history.

# Nobody talks at a relay with an option for relays alone.
function __msg_relay
    not __fish_contains_opt connect salon brut nom code history texte muet gui
end
function __msg_client
    not __fish_contains_opt relay daemon trace
end
function __msg_person
    not __fish_contains_opt daemon trace
end

complete -c msg -f
complete -c msg -x -n 'not __fish_contains_opt connect salon brut' -l relay -d 'ouvre un relais : [MACHINE]:PORT'
complete -c msg -n __msg_relay -l daemon -d 'sert autant de paires que l’on veut, sans écran'
complete -c msg -n __msg_relay -l trace -d 'montre chaque ligne qui passe'
complete -c msg -x -n __msg_client -l connect -a '(__fish_print_hostnames)' -d 'rejoint une discussion : MACHINE:PORT'
complete -c msg -x -n __msg_person -l nom -d 'votre nom'
complete -c msg -x -n __msg_client -l salon -d 'nomme la paire'
complete -c msg -n __msg_person -l code -d 'chiffre la discussion sous un code'
complete -c msg -r -F -n __msg_person -l history -d 'garde la discussion dans un fichier'
complete -c msg -n __msg_person -l texte -d 'envoie en entier le texte d’un fichier ou d’un tube'
complete -c msg -n __msg_person -l muet -d 'n’appelle pas qui regarde ailleurs'
complete -c msg -n __msg_person -l gui -d 'discute dans une fenêtre'
complete -c msg -n __msg_client -l brut -d 'parle en texte brut'
complete -c msg -s h -l help -d 'affiche l’aide'
complete -c msg -s V -l version -d 'affiche la version'
