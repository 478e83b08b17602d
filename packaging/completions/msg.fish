# What fish offers after « msg »: the options that go with those already typed, and files after --history alone.

complete -c msg -f
complete -c msg -l relay -x -n 'not __fish_contains_opt connect' -d 'ouvre un relais : [MACHINE]:PORT'
complete -c msg -l daemon -n 'not __fish_contains_opt connect' -d 'sert autant de paires que l’on veut, sans écran'
complete -c msg -l trace -n 'not __fish_contains_opt connect' -d 'montre chaque ligne qui passe'
complete -c msg -l connect -x -n 'not __fish_contains_opt relay' -d 'rejoint une discussion : MACHINE:PORT'
complete -c msg -l nom -x -d 'votre nom'
complete -c msg -l salon -x -n 'not __fish_contains_opt relay' -d 'nomme la paire'
complete -c msg -l history -r -F -d 'garde la discussion dans un fichier'
complete -c msg -l gui -d 'discute dans une fenêtre'
complete -c msg -l brut -n 'not __fish_contains_opt relay' -d 'parle en texte brut'
complete -c msg -s h -l help -d 'affiche l’aide'
complete -c msg -s V -l version -d 'affiche la version'
