"""A terminal in character mode: one byte a write, CR LF for Enter, a mistake taken back with backspace.

The pace is the tester's: each key comes from the standard input as it is typed.
"""
import os
import socket
import sys
import threading

client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def show():
    while octets := client.recv(1024):
        os.write(1, octets)


print("Connecte", flush=True)
threading.Thread(target=show, daemon=True).start()
while key := os.read(0, 1):
    client.sendall(b"\r\n" if key == b"\n" else key)
