"""What the tests inside the container share: a person's client, a pair that talks, units, the journal, and how tests are run."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import traceback

RELAY = "msg-relay.service"
SOCKET = "msg-relay.socket"
PORT = 5000
# Long enough for anything that happens at all; nothing waits for it to pass.
PATIENCE = 20


def systemctl(*words):
    return subprocess.run(["systemctl", *words], check=True, capture_output=True, text=True).stdout.strip()


def prop(unit, name):
    return systemctl("show", "--value", "-p", name, unit)


def until(holds, what):
    """Waits until something holds; what it returned then."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"never {what}, but {found!r}")
        time.sleep(0.02)


def main_pid():
    return int(prop(RELAY, "MainPID"))


def is_running():
    return prop(RELAY, "ActiveState") == "active" and main_pid()


class Client:
    """A real `msg` between pipes."""

    def __init__(self, name, salon=None, port=PORT):
        command = ["msg", "--connect", f"127.0.0.1:{port}", "--nom", name]
        command += ["--salon", salon] if salon else []
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self.name = name
        self.rows = []
        self.notices = []
        self.readers = [self.read(self.process.stdout, self.rows), self.read(self.process.stderr, self.notices)]

    @staticmethod
    def read(stream, into):
        def work():
            for row in stream:
                into.append(row.rstrip("\n"))

        reader = threading.Thread(target=work)
        reader.start()
        return reader

    def say(self, *lines):
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()

    def heard(self):
        """The texts of the others' messages: date, time and name come before them."""
        texts = []
        for row in self.rows:
            date_and_time, name, text = row.split("  ", 2)
            assert re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", date_and_time), row
            if name != self.name:
                texts.append(text)
        return texts

    def hears(self, *texts):
        until(lambda: self.heard()[-len(texts) :] == list(texts), f"{self.name} hears {texts}, not {self.rows}")

    def told(self, words):
        until(lambda: any(words in notice for notice in self.notices), f"{self.name} is told « {words} », not {self.notices}")

    def leaves(self):
        if self.process.poll() is None and not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        status = self.process.wait(timeout=PATIENCE)
        for reader in self.readers:
            reader.join()
        return status


class Pair:
    """Two who talk, in a salon of their own or without one."""

    def __init__(self, a="Zoé", b="Bob", salon=None, port=PORT):
        self.a = Client(a, salon, port)
        if not salon:
            self.a.told("en attente")
        self.b = Client(b, salon, port)
        self.a.told(f"« {b} » est là")

    def talk(self, word):
        self.a.say(f"{word} de {self.a.name}")
        self.b.hears(f"{word} de {self.a.name}")
        self.b.say(f"{word} de {self.b.name}")
        self.a.hears(f"{word} de {self.b.name}")

    def survives(self, disaster, lines=400):
        """Both write all the while, and not a line is lost, doubled or out of order."""
        expected = {peer: [f"{n} de {peer.name}" for n in range(lines)] for peer in (self.a, self.b)}
        before = {peer: len(peer.heard()) for peer in (self.a, self.b)}
        halves = [threading.Event(), threading.Event()]

        def write(peer, half):
            for n, line in enumerate(expected[peer]):
                peer.say(line)
                if n == lines // 2:
                    half.set()
                time.sleep(0.002)

        writers = [threading.Thread(target=write, args=args) for args in zip(expected, halves)]
        for writer in writers:
            writer.start()
        for half in halves:
            half.wait(PATIENCE)
        disaster()
        for writer in writers:
            writer.join()
        for peer, other in ((self.a, self.b), (self.b, self.a)):
            wanted = expected[other]
            until(lambda: len(peer.heard()) - before[peer] >= lines, f"{peer.name} hears {lines} lines")
            assert peer.heard()[before[peer] :] == wanted, f"{peer.name} did not hear what {other.name} wrote"

    def leave(self):
        assert self.a.leaves() == 0, self.a.notices
        self.b.told(f"le client {self.a.name} a quitté la discussion.")
        assert self.b.leaves() == 0, self.b.notices


class Override:
    """A drop-in for a unit, for as long as a test takes."""

    def __init__(self, unit, *lines):
        self.folder = f"/run/systemd/system/{unit}.d"
        os.makedirs(self.folder, exist_ok=True)
        with open(f"{self.folder}/test.conf", "w") as conf:
            conf.write("\n".join(lines) + "\n")
        systemctl("daemon-reload")

    def undo(self):
        os.remove(f"{self.folder}/test.conf")
        systemctl("daemon-reload")


def journal(unit=RELAY, since=0):
    """A unit's entries after a moment that `now` gave."""
    # What was written before this call is there after it.
    subprocess.run(["journalctl", "--sync"], check=True)
    # Filtered by time here: journalctl --after-cursor skips an entry where -u filters as well.
    command = ["journalctl", "-u", unit, "-o", "json", "--output-fields=MESSAGE,PRIORITY,_COMM"]
    entries = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [entry for entry in map(json.loads, entries) if int(entry["__REALTIME_TIMESTAMP"]) > since]


def now():
    return time.time_ns() // 1000


def relay_lines(unit=RELAY, since=0):
    """What the relay itself wrote: severity and text."""
    ours = (entry for entry in journal(unit, since) if entry.get("_COMM") == "msg")
    return [(int(entry["PRIORITY"]), entry["MESSAGE"]) for entry in ours]


def call(port=PORT, source="127.0.0.1"):
    caller = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE, source_address=(source, 0))
    caller.settimeout(PATIENCE)
    return caller


TESTS = []


def test(function):
    """Marks what `run` is to try: its name says what holds."""
    TESTS.append(function)
    return function


def run():
    """Runs the tests in order, and ends the program: its last line is « N passed, N failed »."""
    failed = 0
    for function in TESTS:
        began = time.monotonic()
        try:
            function()
            verdict = "ok"
        except Exception:
            failed += 1
            verdict = "FAILED"
            traceback.print_exc(file=sys.stdout)
        print(f"test {function.__name__} ... {verdict} ({time.monotonic() - began:.1f} s)")
    if failed:
        print(subprocess.run(["journalctl", "-b", "--no-pager", "-n", "200"], capture_output=True, text=True).stdout)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    # Clients of a test that failed may still run; this ends without waiting for them.
    sys.stdout.flush()
    os._exit(failed > 0)
