#!/usr/bin/env bash
# bash alone, on /dev/tcp.
exec 3<>"/dev/tcp/$1/$2" || exit 1
cat <&3 &
while IFS= read -r ligne; do
    printf '%s\n' "$ligne" >&3
    [ "$ligne" = quitter ] && break
done
wait
