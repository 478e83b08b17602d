"""The client of a much copied tutorial: waits for "NICK", which never comes, puts its name before each message,
and dies of the first byte that is not ASCII."""
import socket
import sys
import threading

nickname = input("Choose your nickname: ")
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((sys.argv[1], int(sys.argv[2])))


def receive():
    while True:
        try:
            message = client.recv(1024).decode("ascii")
            if message == "NICK":
                client.send(nickname.encode("ascii"))
            elif not message:
                break
            else:
                print(message, flush=True)
        except (OSError, UnicodeDecodeError):
            print("An error occured!", flush=True)
            client.close()
            break


def write():
    while True:
        message = "{}: {}".format(nickname, input(""))
        client.send(message.encode("ascii"))


threading.Thread(target=receive).start()
threading.Thread(target=write).start()
