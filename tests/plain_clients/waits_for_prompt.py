"""Says nothing before the server has asked, and nothing more before the server has welcomed it."""
import socket
import sys
import threading

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect((sys.argv[1], int(sys.argv[2])))
question = s.recv(1024).decode()
nom = input(question)
s.sendall(nom.encode("utf-8"))
print(s.recv(1024).decode(), flush=True)


def ecouter():
    while True:
        recu = s.recv(1024).decode("utf-8")
        if recu == "":
            break
        print("\n" + recu, flush=True)


threading.Thread(target=ecouter, daemon=True).start()
texte = ""
while texte != "quitter":
    texte = input("> ")
    s.sendall(texte.encode("utf-8"))
s.close()
