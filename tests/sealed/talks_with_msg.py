"""Has the client of client.py talk with the real program, through a real relay: python talks_with_msg.py PROGRAM"""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

from spake2 import SPAKE2_Symmetric
from spake2.parameters.ed25519 import ParamsEd25519

import client
from client import Client, Direction, NoCode, WrongCode

PROGRAM = sys.argv.pop()
PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"


class Program:
    """A program on pipes, which ends with the test."""

    def __init__(self, case, *arguments, **environment):
        self.process = subprocess.Popen(
            [PROGRAM, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, **environment},
        )
        case.addCleanup(self.end)

    def end(self):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()

    def write(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_for(self, stream, text):
        for line in stream:
            if text in line:
                return line
        raise AssertionError(f"no {text!r}")


class TalksWithMsg(unittest.TestCase):
    def setUp(self):
        relay = Program(self, "--relay", "127.0.0.1:0")
        line = relay.wait_for(relay.process.stderr, "--connect")
        self.place = re.search(r"127\.0\.0\.1:\d+", line).group()
        host, port = self.place.split(":")
        self.address = (host, int(port))

    def client(self, code):
        zoe = Client(self.address, "Zoé", code)
        self.addCleanup(zoe.cut)
        return zoe

    def msg(self, *arguments, code="tulipe-canard"):
        return Program(
            self, "--connect", self.place, "--nom", "Bob", *arguments, MSG_CODE=code
        )

    def test_both_talk_over_a_cut_and_python_leaves(self):
        zoe = self.client("Tulipe CANARD")
        bob = self.msg("--code")
        zoe.say("un")
        zoe.hear(lambda: zoe.acked == 1)
        bob.wait_for(bob.process.stdout, "un")
        bob.write("deux")
        zoe.hear(lambda: zoe.received == ["deux"])
        share = zoe.share
        zoe.cut()
        zoe.lines.append((1795359751000, "trois " + "é" * 1900))
        bob.write("quatre")
        zoe.connect()
        zoe.hear(lambda: zoe.acked == 2 and zoe.received == ["deux", "quatre"])
        self.assertEqual(zoe.share, share, "the keys live on")
        bob.wait_for(bob.process.stdout, "trois " + "é" * 1900)
        zoe.leave()
        told = bob.wait_for(bob.process.stderr, "Zoé a quitté")
        self.assertIn("le client Zoé a quitté la discussion.", told)
        self.assertEqual(bob.process.wait(20), 0)

    def test_msg_leaves_and_says_so_under_the_seal(self):
        zoe = self.client("tulipe-canard")
        bob = self.msg("--code")
        bob.write("x" * 4000)
        bob.process.stdin.close()
        zoe.hear(lambda: zoe.over)
        self.assertEqual(zoe.received, ["x" * 4000])
        self.assertTrue(zoe.goodbye)

    def test_a_goodbye_in_clear_is_the_relays_word_alone(self):
        zoe = self.client("tulipe-canard")
        bob = self.msg("--code")
        zoe.hear(lambda: zoe.live)
        zoe.send("BYE")
        bob.wait_for(bob.process.stderr, "sans adieu")

    def test_another_code_is_found_out_by_both(self):
        zoe = self.client("tulipe-cannelle")
        bob = self.msg("--code")
        bob.write("secret")
        with self.assertRaises(WrongCode):
            zoe.hear(lambda: False)
        self.assertEqual(bob.process.wait(20), 77)

    def test_without_a_code_nobody_is_met(self):
        zoe = self.client("tulipe-canard")
        bob = self.msg()
        with self.assertRaises(NoCode):
            zoe.hear(lambda: False)
        self.assertEqual(bob.process.wait(20), 77)


class Vectors(unittest.TestCase):
    def test_the_vectors_of_the_protocol_follow_from_its_words(self):
        text = PROTOCOL.read_text()
        scalars = [int.from_bytes(bytes.fromhex(found), "little") for found in
                   re.findall(r"`([0-9a-f]{128})`", text)]
        lines = re.search(r"```sealed\n(.*?)```", text, re.S).group(1).splitlines()
        lines = [line.split(": ", 1)[1].split(" ") for line in lines]
        zoe, bob = ("00000000000000a1", "Zoé"), ("00000000000000b2", "Bob")
        about = client.identity(zoe, bob)
        order = ParamsEd25519.group.order()
        ends = []
        for scalar in scalars:
            end = SPAKE2_Symmetric(b"tulipe-canard", idSymmetric=about)
            end.params.group.random_scalar = lambda _, scalar=scalar: scalar % order
            ends.append((end, end.start()))
        (one, zoe_share), (other, bob_share) = ends
        self.assertEqual(client.unspell(lines[0][1]), zoe_share)
        self.assertEqual(client.unspell(lines[1][1]), bob_share)
        secret = one.finish(bob_share)
        self.assertEqual(secret, other.finish(zoe_share))
        out = Direction(secret, zoe[0], bob[0])
        back = Direction(secret, bob[0], zoe[0])
        self.assertEqual(client.unspell(lines[3][3]), out.proof)
        self.assertEqual(client.unspell(lines[4][3]), back.proof)
        said = [
            (out, f"ACK {bob[0]} 0"),
            (out, "SAY 1 1795359751000 salut, ça va ?"),
            (back, "SAY 1 1795359751000 oui"),
        ]
        for (direction, line), vector in zip(said, lines[5:], strict=True):
            self.assertEqual(direction.seal(line), [" ".join(vector)])


if __name__ == "__main__":
    unittest.main()
