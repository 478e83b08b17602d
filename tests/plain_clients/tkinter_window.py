"""The window of a much copied tutorial: a Listbox, an Entry, and "{quit}" when it is closed.

What a person would type comes from the standard input; "quitter" there closes the window.
"""
import sys
import tkinter
from socket import AF_INET, SOCK_STREAM, socket
from threading import Thread


def receive():
    while True:
        try:
            msg = client_socket.recv(1024).decode("utf8")
        except OSError:
            break
        if not msg:
            break
        print(msg, flush=True)
        top.after(0, msg_list.insert, tkinter.END, msg)


def send(event=None):
    msg = my_msg.get()
    my_msg.set("")
    client_socket.send(bytes(msg, "utf8"))
    if msg == "{quit}":
        client_socket.close()
        top.quit()


def on_closing(event=None):
    my_msg.set("{quit}")
    send()


def person():
    for line in sys.stdin:
        top.after(0, press, line.rstrip("\n"))


def press(text):
    if text == "quitter":
        on_closing()
    else:
        entry_field.insert(0, text)
        entry_field.focus_force()
        send_button.invoke()


top = tkinter.Tk()
top.title("Chat")
my_msg = tkinter.StringVar()
msg_list = tkinter.Listbox(top, height=15, width=50)
msg_list.pack()
entry_field = tkinter.Entry(top, textvariable=my_msg)
entry_field.bind("<Return>", send)
entry_field.pack()
send_button = tkinter.Button(top, text="Envoyer", command=send)
send_button.pack()
top.protocol("WM_DELETE_WINDOW", on_closing)

client_socket = socket(AF_INET, SOCK_STREAM)
client_socket.connect((sys.argv[1], int(sys.argv[2])))
Thread(target=receive, daemon=True).start()
Thread(target=person, daemon=True).start()
tkinter.mainloop()
