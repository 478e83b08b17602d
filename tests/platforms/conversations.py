#!/usr/bin/env python3
"""Has builds of msg talk: conversations.py RELAY ZOE BOB, each a command.

Whatever hangs is ended after two minutes by an alarm.
"""

import itertools
import re
import signal
import subprocess
import sys
import threading

RELAY, ZOE, BOB = (command.split() for command in sys.argv[1:4])
GREETING = "où es-tu, Bob ? ça déborde d’œufs 👩‍👩‍👧 हिन्दी"
ANSWER = "là, à côté 👋🏽 Ελληνικά"
LIMIT_S = 120


class Program:
    """A process, and what it has said on its standard error."""

    def __init__(self, command, *arguments):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [*command, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8"
        )
        self.out, self.told = self.process.stdout, []
        self.ear = threading.Thread(target=lambda: self.told.extend(self.process.stderr), daemon=True)

    def listen(self):
        self.ear.start()
        return self

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hears(self, text):
        row = next(self.out)
        assert row.rstrip("\n").endswith(text), (text, row)

    def ends(self):
        status = self.process.wait()
        self.ear.join()
        assert status == 0, (status, self.told)
        return "".join(self.told)


def relay(port=0):
    started = Program(RELAY, "--relay", f"127.0.0.1:{port}")
    row = next(started.process.stderr)
    address = re.search(r"127\.0\.0\.1:(\d+)", row)
    assert address, row
    return started.listen(), int(address[1])


def client(command, name, port):
    return Program(command, "--connect", f"127.0.0.1:{port}", "--nom", name).listen()


def pair(port):
    return client(ZOE, "Zoé", port), client(BOB, "Bob", port)


def talks_and_leaves(leaver):
    """Both read each other; whoever leaves ends it for both, and for the relay."""
    served, port = relay()
    people = dict(zip(("Zoé", "Bob"), pair(port)))
    zoe, bob = people["Zoé"], people["Bob"]
    zoe.say(GREETING)
    zoe.hears(GREETING)
    bob.hears(GREETING)
    bob.say(ANSWER)
    bob.hears(ANSWER)
    zoe.hears(ANSWER)
    people.pop(leaver).say("quitter")
    (other,) = people.values()
    told = other.ends()
    assert f"le client {leaver} a quitté la discussion." in told, told
    served.process.wait()
    (zoe if leaver == "Zoé" else bob).ends()


def numbers(heard, count):
    """The lines that the other reads, which are numbered: all, once each and in order."""
    for number, row in zip(range(count), heard):
        assert row.rstrip("\n").endswith(f"  Zoé  {number} é"), (number, row)
        yield number


def a_killed_relay_costs_no_line(count=2000):
    served, port = relay()
    zoe, bob = pair(port)
    first, all_read = count // 10, threading.Event()

    def say_all():
        for number in range(count):
            if number == first:
                all_read.wait()
            zoe.say(f"{number} é")

    said = threading.Thread(target=say_all)
    drained = threading.Thread(target=lambda: list(zoe.out))
    said.start()
    drained.start()
    arrived = numbers(bob.out, count)
    assert sum(1 for _ in itertools.islice(arrived, first)) == first
    all_read.set()
    # Zoé writes on, before, while and after.
    served.process.kill()
    served.process.wait()
    served, _ = relay(port)
    assert sum(1 for _ in arrived) == count - first
    said.join()
    zoe.process.stdin.close()
    zoe.ends()
    bob.ends()
    drained.join()


def a_pipe_arrives_whole(count=10_000):
    served, port = relay()
    zoe, bob = pair(port)
    drained = threading.Thread(target=lambda: list(zoe.out))
    drained.start()
    zoe.process.stdin.write("".join(f"{number} é\n" for number in range(count)))
    zoe.process.stdin.close()
    assert sum(1 for _ in numbers(bob.out, count)) == count
    zoe.ends()
    bob.ends()
    drained.join()
    served.process.wait()


signal.alarm(LIMIT_S)
talks_and_leaves("Zoé")
talks_and_leaves("Bob")
a_killed_relay_costs_no_line()
a_pipe_arrives_whole()
print(f"{ZOE[-1]} and {BOB[-1]} talk through {RELAY[-1]}: 4 conversations, 0 lines lost")
