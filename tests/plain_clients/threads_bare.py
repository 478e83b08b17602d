"""The commonest course client: name first, no line ending anywhere, one thread that only ever does recv(1024)."""
import socket
import sys
import threading


def recevoir(client):
    while True:
        message = client.recv(1024).decode()
        if not message:
            break
        print(message, flush=True)


client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((sys.argv[1], int(sys.argv[2])))
pseudo = input("Pseudo : ")
client.send(pseudo.encode())
threading.Thread(target=recevoir, args=(client,), daemon=True).start()
while True:
    message = input()
    client.send(message.encode())
    if message == "quitter":
        break
client.close()
