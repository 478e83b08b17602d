#!/usr/bin/env python3
"""Le serveur du projet, comme l'énoncé le décrit et comme on l'écrit en TP : deux connexions, une fonction par sens,
chacune dans son fil d'exécution ; chaque message est affiché avec le nom de son auteur, puis transmis à l'autre.

Usage : serveur.py PORT
"""
import socket
import sys
import threading


def transmettre(nom, source, destination):
    while True:
        message = source.recv(1024).decode()
        if not message or message.strip() == "quitter":
            break
        print(nom, ":", message.rstrip("\n"))
        destination.sendall(message.encode())
    try:
        destination.sendall(f"le client {nom} a quitté la discussion.\n".encode())
    except OSError:
        pass  # L'autre client est parti aussi.


serveur = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
serveur.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
serveur.bind(("127.0.0.1", int(sys.argv[1])))
serveur.listen(2)

clients = []
for _ in range(2):
    connexion, adresse = serveur.accept()
    nom = connexion.recv(1024).decode().strip()
    print(nom, "est connecté depuis", adresse)
    clients.append((nom, connexion))
serveur.close()

(nom1, client1), (nom2, client2) = clients
fils = [
    threading.Thread(target=transmettre, args=(nom1, client1, client2)),
    threading.Thread(target=transmettre, args=(nom2, client2, client1)),
]
for fil in fils:
    fil.start()
for fil in fils:
    fil.join()
client1.close()
client2.close()
