"""One thread, select on the keyboard and the socket, whole lines with LF as readline gives them."""
import select
import socket
import sys

s = socket.socket()
s.connect((sys.argv[1], int(sys.argv[2])))
while True:
    readable, _, _ = select.select([sys.stdin, s], [], [])
    if s in readable:
        data = s.recv(4096)
        if not data:
            print("Deconnecte du serveur")
            sys.exit()
        sys.stdout.write(data.decode())
        sys.stdout.flush()
    if sys.stdin in readable:
        line = sys.stdin.readline()
        if not line:
            break
        s.send(line.encode())
