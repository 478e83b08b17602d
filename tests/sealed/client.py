"""A client for `msg --relay` that shares a code, written from docs/protocol.md alone: nothing of it comes from src/."""

import base64
import hmac
import secrets
import socket
import time
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from spake2 import SPAKE2_Symmetric

PART = 3008


def spelling(typed):
    """The one spelling of a code."""
    letters = unicodedata.normalize("NFKD", typed)
    letters = "".join(c for c in letters if not unicodedata.combining(c)).lower()
    letters = letters.replace("œ", "oe").replace("æ", "ae")
    words = "".join(c if c.isalnum() else " " for c in letters).split()
    return "-".join(words)


def identity(one, other):
    (a, a_name), (b, b_name) = sorted([one, other])
    return f"MSG/1 KEY\n{a} {a_name}\n{b} {b_name}\n".encode()


def expand(secret, info):
    return HKDF(SHA256(), 32, None, info.encode()).derive(secret)


def spell(data):
    return base64.b64encode(data).decode()


def unspell(field):
    return base64.b64decode(field, validate=True)


class Direction:
    """One direction's key."""

    def __init__(self, secret, sender, receiver):
        self.about = f"MSG/1 BOX {sender} {receiver}"
        self.proof = expand(secret, f"MSG/1 KEY {sender} {receiver}")
        self.cipher = ChaCha20Poly1305(expand(secret, self.about))
        self.last = 0

    def nonce(self, number):
        return bytes(4) + number.to_bytes(8, "big")

    def seal(self, line):
        data = line.encode() + b"\n"
        step = 64 if line.startswith("SAY ") else 48
        boxes = []
        for start in range(0, len(data), PART):
            part = data[start : start + PART]
            part += bytes(-len(part) % step)
            self.last += 1
            sealed = self.cipher.encrypt(self.nonce(self.last), part, self.about.encode())
            boxes.append(f"BOX {self.last} {spell(sealed)}")
        return boxes

    def open(self, fields):
        """The padded line of a box, or None."""
        number, sealed = fields.split(" ")
        if int(number) <= self.last:
            return None
        try:
            plain = self.cipher.decrypt(
                self.nonce(int(number)), unspell(sealed), self.about.encode()
            )
        except (InvalidTag, ValueError):
            return None
        self.last = int(number)
        return plain


class WrongCode(Exception):
    pass


class NoCode(Exception):
    pass


class Client:
    """One end of a conversation."""

    def __init__(self, address, name, code):
        self.address, self.name = address, name
        self.code = spelling(code).encode()
        self.pid, self.token = secrets.token_hex(8), secrets.token_hex(16)
        self.partner = None
        self.exchange, self.share = None, None
        self.theirs, self.out, self.back = None, None, None
        self.confirmed, self.live = False, False
        self.begun = (0, b"")
        self.lines, self.acked = [], 0
        self.received = []
        self.over, self.goodbye = False, False
        self.connect()

    def dial(self):
        """A relay for two listens again once it has noticed a cut: whoever is refused before that calls again."""
        deadline = time.monotonic() + 20
        while True:
            try:
                return socket.create_connection(self.address, timeout=20)
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def connect(self):
        self.socket = self.dial()
        self.incoming = self.socket.makefile("rb")
        salon = "-" if self.partner is None else f"-/{self.partner[0]}"
        self.live = False
        self.send(f"MSG/1 {self.pid} {self.token} {salon} {self.name}")

    def cut(self):
        """Ends the connection in the hardest way."""
        self.incoming.close()
        self.socket.close()

    def send(self, line):
        self.socket.sendall(line.encode() + b"\n")

    # What is said to the partner.

    def say(self, text):
        self.lines.append((int(time.time() * 1000), text))
        if self.live:
            self.say_from(len(self.lines))

    def say_from(self, first):
        for seq in range(first, len(self.lines) + 1):
            sent_at, text = self.lines[seq - 1]
            self.send_sealed(f"SAY {seq} {sent_at} {text}")

    def acknowledge(self):
        self.send_sealed(f"ACK {self.partner[0]} {len(self.received)}")

    def send_sealed(self, line):
        for box in self.out.seal(line):
            self.send(box)

    def leave(self):
        self.send_sealed("BYE")
        self.send("BYE")

    # What is heard.

    def hear(self, until):
        """Hears lines until that is so."""
        while not until():
            line = self.incoming.readline()
            if not line:
                raise EOFError("the relay hung up")
            self.line(line.decode().rstrip("\r\n"))

    def line(self, line):
        verb, _, rest = line.partition(" ")
        if verb == "PEER":
            pid, _, name = rest.partition(" ")
            self.peer((pid.lower(), name))
        elif verb == "KEY":
            self.key(rest.split(" "))
        elif verb == "BOX" and self.confirmed:
            self.box(rest)
        elif verb in ("SAY", "ACK") and not self.confirmed:
            raise NoCode(line)
        elif verb == "PING":
            self.send("PONG")
        elif line == "GONE left":
            self.over = True
        elif verb == "ERR":
            raise RuntimeError(line)

    def peer(self, partner):
        if partner != self.partner:
            self.partner = partner
            self.begin()
        self.announce()
        self.live = False
        if self.confirmed:
            self.acknowledge()

    def begin(self):
        about = identity((self.pid, self.name), self.partner)
        self.exchange = SPAKE2_Symmetric(self.code, idSymmetric=about)
        self.share = self.exchange.start()
        self.theirs, self.confirmed = None, False

    def announce(self):
        if self.theirs is None:
            self.send(f"KEY {spell(self.share)}")
        else:
            fields = [self.share, self.theirs, self.out.proof]
            self.send("KEY " + " ".join(map(spell, fields)))

    def key(self, fields):
        theirs, *rest = map(unspell, fields)
        if theirs == self.share:
            return
        if not rest:
            if self.theirs is not None and self.theirs != theirs:
                self.begin()
            if self.theirs is None:
                self.send(f"KEY {spell(self.share)} {spell(theirs)}")
            else:
                self.announce()
            return
        if rest[0] != self.share or self.theirs not in (None, theirs):
            return
        if self.theirs is None:
            secret = self.exchange.finish(theirs)
            self.theirs = theirs
            self.out = Direction(secret, self.pid, self.partner[0])
            self.back = Direction(secret, self.partner[0], self.pid)
            self.announce()
        if len(rest) > 1 and not self.confirmed:
            if not hmac.compare_digest(rest[1], self.back.proof):
                raise WrongCode
            self.confirmed = True
            self.acknowledge()

    def box(self, fields):
        plain = self.back.open(fields)
        if plain is None:
            return
        number, begun = self.begun
        self.begun = (0, b"")
        if number + 1 == self.back.last:
            plain = begun + plain
        line, end, _ = plain.partition(b"\n")
        if not end:
            self.begun = (self.back.last, plain)
            return
        self.verb(line.decode())

    def verb(self, line):
        verb, _, rest = line.partition(" ")
        if verb == "SAY":
            seq, _, text = rest.split(" ", 2)
            if int(seq) == len(self.received) + 1:
                self.received.append(text)
            self.acknowledge()
        elif verb == "ACK":
            pid, through = rest.split(" ")
            if pid.lower() != self.pid:
                return
            self.acked = int(through)
            if not self.live:
                self.live = True
                self.say_from(self.acked + 1)
        elif verb == "BYE":
            self.goodbye = True
