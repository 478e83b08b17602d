# What fish offers after « msg »: the options that go with those already typed, and files after --history.

# Nobody talks at a relay with an option for relays alone.
set -l relay daemon trace proxy-protocol metrics
set -l client connect salon brut
set -l person nom code history texte muet gui
set -l opens "not __fish_contains_opt $client"
set -l serves "not __fish_contains_opt $client $person"
set -l calls "not __fish_contains_opt relay $relay"
set -l talks "not __fish_contains_opt $relay"

complete -c msg -f
complete -c msg -n $opens -l relay -x -d 'ouvre un relais : [MACHINE]:PORT'
complete -c msg -n $serves -l daemon -d 'sert autant de paires que l’on veut, sans écran'
complete -c msg -n $serves -l trace -d 'montre chaque ligne qui passe'
complete -c msg -n $serves -l proxy-protocol -d 'attend l’en-tête PROXY d’un mandataire'
complete -c msg -n $serves -l metrics -x -d 'sert des mesures par HTTP : [MACHINE]:PORT'
complete -c msg -n $calls -l connect -x -a '(__fish_print_hostnames)' -d 'rejoint une discussion : MACHINE:PORT'
complete -c msg -n $talks -l nom -x -d 'votre nom'
complete -c msg -n $calls -l salon -x -d 'nomme la paire'
complete -c msg -n $talks -l code -d 'chiffre la discussion sous un code'
complete -c msg -n $talks -l history -r -F -d 'garde la discussion dans un fichier'
complete -c msg -n $talks -l texte -d 'envoie en entier le texte d’un fichier ou d’un tube'
complete -c msg -n $talks -l muet -d 'n’appelle pas qui regarde ailleurs'
complete -c msg -n $talks -l gui -d 'discute dans une fenêtre'
complete -c msg -n $calls -l brut -d 'parle en texte brut'
complete -c msg -s h -l help -d 'affiche l’aide'
complete -c msg -s V -l version -d 'affiche la version'
