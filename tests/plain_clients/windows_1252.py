"""As on a Windows machine of long ago: Windows-1252 both ways, CR LF."""
import socket
import sys
import threading

client = socket.socket()
client.connect((sys.argv[1], int(sys.argv[2])))


def lire():
    while True:
        octets = client.recv(1024)
        if not octets:
            return
        print(octets.decode("cp1252", "replace"), flush=True)


threading.Thread(target=lire, daemon=True).start()
for ligne in sys.stdin:
    client.sendall(ligne.rstrip("\n").encode("cp1252") + b"\r\n")
    if ligne.strip() == "quitter":
        break
client.close()
