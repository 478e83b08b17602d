"""Expects a greeting and then a question, and reads both before it says anything."""
import socket
import sys
import threading

s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
print(s.recv(1024).decode())
print(s.recv(1024).decode())
s.sendall((input("Nom : ") + "\n").encode())


def lire():
    while True:
        data = s.recv(1024)
        if not data:
            break
        print(data.decode(), end="", flush=True)


lecture = threading.Thread(target=lire)
lecture.start()
for ligne in sys.stdin:
    s.sendall(ligne.encode())
    if ligne.strip() == "exit":
        # The server is to close.
        break
lecture.join()
