"""The first exercise of every course: send, then receive, then send."""
import socket
import sys

client = socket.socket()
client.connect((sys.argv[1], int(sys.argv[2])))
while True:
    message = input("Vous : ")
    client.send(message.encode())
    if message.lower() == "quitter":
        break
    reponse = client.recv(1024).decode()
    print("Serveur :", reponse, flush=True)
    if not reponse or "a quitt" in reponse:
        break
client.close()
