"""What the Debian packages do to a machine that systemd runs: installed, used, upgraded, exchanged, removed and purged.

They are one story, in order: each goes on from where the one before ended.
"""

import os
import subprocess
import tempfile

from harness import (
    RELAY,
    SOCKET,
    Client,
    Pair,
    call,
    is_running,
    main_pid,
    prop,
    run,
    systemctl,
    test,
    until,
)

PACKAGE = "/root/msg-chat.deb"
WITH_WINDOW = "/root/msg-chat-gui.deb"
INSTANCE = "msg-relay@5001"
# What the machine itself writes to while it runs, and dpkg's own records of what was ever there.
VOLATILE = {"/proc", "/sys", "/dev", "/run", "/tmp", "/report", "/var/log", "/var/tmp", "/var/lib/dpkg", "/var/lib/systemd"}


def files():
    """Every file of the machine's but those."""
    found = set()
    for folder, folders, names in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in VOLATILE]
        found.update(os.path.join(folder, name) for name in folders + names)
    return found - VOLATILE


def dpkg(*words):
    subprocess.run(["dpkg", *words], check=True, capture_output=True, text=True)


def next_version_of(package):
    """The same package, as a newer version."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "--raw-extract", package, f"{folder}/content"], check=True)
        control = f"{folder}/content/DEBIAN/control"
        with open(control) as file:
            fields = file.read()
        with open(control, "w") as file:
            file.write(fields.replace("\nVersion: ", "\nVersion: 1:", 1))
        newer = package.replace(".deb", "-newer.deb")
        subprocess.run(["dpkg-deb", "--build", f"{folder}/content", newer], check=True, stdout=subprocess.DEVNULL)
        return newer


def is_old(pid):
    """Whether a program runs whose file was replaced or removed."""
    return os.readlink(f"/proc/{pid}/exe").endswith(" (deleted)")


def is_refused():
    try:
        call().close()
    except ConnectionRefusedError:
        return True
    return False


NEWER = next_version_of(PACKAGE)
BEFORE = files()


@test
def installing_starts_and_enables_nothing():
    dpkg("--install", PACKAGE)
    for unit in (SOCKET, RELAY, f"{INSTANCE}.socket", f"{INSTANCE}.service"):
        assert prop(unit, "LoadState") == "loaded", unit
        assert prop(unit, "ActiveState") == "inactive", unit
    assert prop(SOCKET, "UnitFileState") == "disabled"
    assert is_refused()


@test
def the_units_are_verified_in_silence():
    units = [SOCKET, RELAY, f"{INSTANCE}.socket", f"{INSTANCE}.service"]
    verify = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    assert (verify.returncode, verify.stdout, verify.stderr) == (0, "", ""), verify


@test
def two_talk_once_the_socket_is_enabled():
    systemctl("enable", "--now", SOCKET)
    pair = Pair(salon="tp3")
    pair.talk("bonjour")
    assert os.readlink(f"/proc/{main_pid()}/exe") == "/usr/bin/msg"
    pair.leave()


@test
def a_plain_client_talks_too():
    with call() as plain:
        plain.sendall("Zoé\n".encode())
        bob = Client("Bob")
        bob.told("« Zoé » est là")
        plain.sendall("par la prise\n".encode())
        bob.hears("par la prise")
        bob.say("bien reçu")
        heard = b""
        while "bien reçu".encode() not in heard:
            piece = plain.recv(4096)
            assert piece, heard
            heard += piece
    assert bob.leaves() == 0, bob.notices


@test
def an_upgrade_in_mid_conversation_costs_no_line_and_leaves_the_socket_alone():
    systemctl("start", f"{INSTANCE}.socket")
    two, many = Pair("Ève", "Luc", port=5001), Pair()
    sockets = (SOCKET, f"{INSTANCE}.socket")
    since = [prop(unit, "InvocationID") for unit in sockets]
    single = int(prop(f"{INSTANCE}.service", "MainPID"))
    many.survives(lambda: dpkg("--install", NEWER))
    assert [prop(unit, "InvocationID") for unit in sockets] == since
    assert [prop(unit, "ActiveState") for unit in sockets] == ["active", "active"]
    # The relay of them all is the new program; the one that ends with its conversation is left to end.
    assert not is_old(main_pid())
    assert is_old(single) and int(prop(f"{INSTANCE}.service", "MainPID")) == single
    two.talk("toujours là")
    two.leave()
    many.leave()
    assert prop(SOCKET, "UnitFileState") == "enabled"


@test
def the_other_variant_takes_its_place_and_costs_no_line():
    pair, since = Pair(), prop(SOCKET, "InvocationID")
    # The window's libraries are not here, so neither is a program that would run: it waits for the old one to come back.
    dpkg("--force-depends", "--install", WITH_WINDOW)
    assert prop(SOCKET, "InvocationID") == since and prop(SOCKET, "UnitFileState") == "enabled"
    assert os.path.exists("/usr/share/applications/msg.desktop")
    dpkg("--install", NEWER)
    assert not os.path.exists("/usr/share/applications/msg.desktop")
    pair.talk("nous revoilà")
    pair.leave()
    assert prop(SOCKET, "InvocationID") == since and prop(SOCKET, "UnitFileState") == "enabled"


@test
def removing_ends_what_runs_and_takes_the_units_along():
    pair, two = Pair(), Pair("Ève", "Luc", port=5001)
    systemctl("enable", f"{INSTANCE}.socket")
    until(is_running, "the relay runs")
    dpkg("--remove", "msg-chat")
    for unit in (SOCKET, RELAY, f"{INSTANCE}.socket", f"{INSTANCE}.service"):
        assert prop(unit, "LoadState") == "not-found", unit
        assert prop(unit, "ActiveState") == "inactive", unit
    assert is_refused()
    for client in (pair.a, pair.b, two.a, two.b):
        client.process.kill()
        client.leaves()


@test
def purging_leaves_nothing():
    # dpkg remembers the variant that was exchanged as removed.
    dpkg("--purge", "msg-chat", "msg-chat-gui")
    left = files() - BEFORE
    assert not left, sorted(left)
    gone = BEFORE - files()
    assert not gone, sorted(gone)
    known = subprocess.run(["dpkg-query", "--show", "--showformat=${db:Status-Status}\n", "msg-chat*"], capture_output=True, text=True)
    assert set(known.stdout.split()) <= {"not-installed"}, known.stdout
    assert not [name for name in os.listdir("/var/lib/dpkg/info") if name.startswith("msg-chat")]


run()
