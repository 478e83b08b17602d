"""What the relay does under systemd, tried on a real one: runs as a unit of its own, after boot.

They run in order, on one socket, and each leaves things as it found them.
"""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

from harness import (
    PORT,
    RELAY,
    SOCKET,
    Client,
    Override,
    Pair,
    call,
    is_running,
    journal,
    main_pid,
    now,
    prop,
    relay_lines,
    run,
    systemctl,
    test,
    until,
)


# The drop-in of docs/service.md.
METRICS = [
    "[Service]",
    "ExecStart=",
    "ExecStart=msg --relay :5000 --daemon --metrics 127.0.0.1:9500",
    "PrivateNetwork=no",
    "RestrictAddressFamilies=AF_UNIX AF_INET",
    "IPAddressAllow=localhost",
]


@test
def the_units_are_verified_in_silence_and_hardly_exposed():
    units = [SOCKET, RELAY, "msg-relay@5001.socket", "msg-relay@5001.service"]
    verify = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    assert (verify.returncode, verify.stdout, verify.stderr) == (0, "", ""), verify
    for unit in ("msg-relay.service", "msg-relay@.service"):
        path = f"/etc/systemd/system/{unit}"
        # In tenths: 0.3 at most.
        command = ["systemd-analyze", "security", "--offline=yes", "--threshold=3", path]
        security = subprocess.run(command, capture_output=True, text=True)
        assert security.returncode == 0, security.stdout.splitlines()[-1]


@test
def the_first_connection_starts_the_relay():
    systemctl("start", SOCKET)
    assert prop(RELAY, "ActiveState") == "inactive"
    with call():
        until(is_running, "the relay runs")
    assert prop(RELAY, "NRestarts") == "0"


@test
def two_talk_and_the_status_counts_them():
    pair = Pair()
    pair.talk("bonjour")
    until(lambda: prop(RELAY, "StatusText") == "1 conversation", "the status tells of one conversation")
    alone = Client("Ève", "tp4")
    alone.told("en attente")
    status = "1 conversation, 1 personne en attente"
    until(lambda: prop(RELAY, "StatusText") == status, f"the status is « {status} »")
    assert alone.leaves() == 0
    pair.leave()
    until(lambda: prop(RELAY, "StatusText") == "aucune conversation", "nobody is left")


@test
def a_third_for_a_salon_is_refused_with_a_reason():
    pair = Pair(salon="tp3")
    third = Client("Ève", "tp3")
    third.told("deux personnes discutent déjà ici")
    assert third.leaves() == 69
    pair.talk("toujours là")
    pair.leave()


@test
def a_relay_killed_in_mid_conversation_costs_no_line():
    pair, restarts = Pair(), int(prop(RELAY, "NRestarts"))
    pair.survives(lambda: os.kill(main_pid(), signal.SIGKILL))
    assert int(prop(RELAY, "NRestarts")) == restarts + 1
    pair.leave()


@test
def a_restart_in_mid_conversation_costs_no_line_and_is_no_failure():
    pair, before = Pair(), main_pid()
    took = []

    def restart():
        began = time.monotonic()
        systemctl("restart", RELAY)
        took.append(time.monotonic() - began)

    pair.survives(restart)
    assert took[0] < 2, f"the restart took {took[0]:.1f} s"
    assert main_pid() != before
    assert prop(RELAY, "NRestarts") == "0"
    pair.leave()


@test
def pairs_without_a_salon_find_each_other_after_a_restart():
    pairs = [Pair("Zoé", "Bob"), Pair("Ève", "Luc"), Pair("Léa", "Max"), Pair("Ana", "Tom", "tp3")]
    for disaster in (lambda: systemctl("restart", RELAY), lambda: os.kill(main_pid(), signal.SIGKILL)):
        disaster()
        for pair in pairs:
            pair.talk("encore")
    for pair in pairs:
        pair.leave()


@test
def a_relay_that_is_stopped_ends_with_0_and_the_next_caller_starts_it():
    pair = Pair()
    since = now()
    systemctl("stop", RELAY)
    # The two have called again at once.
    until(is_running, "the relay runs again")
    pair.talk("nous revoilà")
    pair.leave()
    results = [message for message in (entry["MESSAGE"] for entry in journal(since=since)) if "Failed" in message]
    assert not results, results


@test
def a_relay_that_stands_still_is_killed_by_the_watchdog_and_costs_no_line():
    override = Override(RELAY, "[Service]", "WatchdogSec=1s")
    systemctl("restart", RELAY)
    pair, before = Pair(), main_pid()
    pair.survives(lambda: os.kill(before, signal.SIGSTOP), lines=50)
    assert main_pid() != before
    assert any("watchdog" in entry["MESSAGE"].lower() for entry in journal())
    pair.leave()
    override.undo()


@test
def a_relay_without_a_free_descriptor_still_feeds_the_watchdog():
    override = Override(RELAY, "[Service]", "WatchdogSec=1s", "LimitNOFILE=32")
    systemctl("restart", RELAY)
    pair, before, since = Pair(), main_pid(), now()
    idle = [call() for _ in range(60)]
    full = "plus un descripteur de libre : les prochaines connexions attendent."
    until(lambda: (4, full) in relay_lines(since=since), "the log says that no descriptor is left")
    began = time.monotonic()
    while time.monotonic() < began + 3:
        pair.talk("et nous")
    assert main_pid() == before
    for caller in idle:
        caller.close()
    late = Pair("Ève", "Luc")
    late.talk("ouf")
    assert [line for line in relay_lines(since=since) if "descripteur" in line[1]][0] == (4, full)
    late.leave()
    pair.leave()
    override.undo()
    systemctl("restart", RELAY)


@test
def a_crash_loop_leaves_the_socket_up_and_callers_wait_in_it():
    override = Override(RELAY, "[Service]", "ExecStart=", "ExecStart=/bin/false", "RestartSec=50ms")
    systemctl("stop", RELAY)
    waiting = [Client("Zoé"), Client("Bob")]
    until(lambda: int(prop(RELAY, "NRestarts")) >= 30, "the relay has failed thirty times")
    assert prop(SOCKET, "ActiveState") == "active"
    override.undo()
    waiting[0].told("est là")
    waiting[0].say("enfin")
    waiting[1].hears("enfin")
    assert [client.leaves() for client in waiting] == [0, 0]


@test
def the_sandbox_is_real():
    until(is_running, "the relay runs")
    pid = main_pid()
    with open(f"/proc/{pid}/status") as status:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in status)
    assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1", status
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0, status
    assert int(status["Uid"].split()[0]) > 60000, status
    for name in ("net", "mnt", "ipc", "user"):
        ours, theirs = os.readlink(f"/proc/1/ns/{name}"), os.readlink(f"/proc/{pid}/ns/{name}")
        assert ours != theirs, f"the {name} namespace is shared"
    # What anybody may do, and nobody from within: the same program beside the sandbox and inside it.
    with open("/probe.pl", "w") as program:
        program.write(PROBE)
    with open("/etc/systemd/system/msg-relay.service") as unit:
        shut_in = unit.read().replace("Type=notify", "Type=oneshot")
    shut_in = re.sub("(?m)^(Requires|After|Restart|WatchdogSec)=.*", "", shut_in)
    shut_in = re.sub("ExecStart=.*", "ExecStart=perl /probe.pl", shut_in)
    free = "[Service]\nType=oneshot\nDynamicUser=yes\nExecStart=perl /probe.pl\n"
    found = {}
    for name, text in (("shut-in", shut_in), ("free", free)):
        with open(f"/run/systemd/system/{name}.service", "w") as unit:
            unit.write(text)
        systemctl("daemon-reload")
        systemctl("start", f"{name}.service")
        messages = [entry["MESSAGE"] for entry in journal(f"{name}.service") if entry.get("_COMM") == "perl"]
        found[name] = dict(message.split(": ") for message in messages)
    assert set(found["free"].values()) == {"done"}, found["free"]
    no_family, no_permission = "Address family not supported by protocol", "Operation not permitted"
    assert found["shut-in"] == {
        what: "done" if what == "AF_UNIX" else no_family if what.startswith("AF_") else no_permission
        for what in found["free"]
    }, found["shut-in"]


PROBE = r"""
use Socket;
$| = 1;
sub tried { my ($what, $done) = @_; print "$what: ", $done ? "done" : $!, "\n"; }
for (["AF_UNIX", 1], ["AF_INET", 2], ["AF_INET6", 10], ["AF_NETLINK", 16]) {
    my ($name, $family) = @$_;
    tried $name, socket(my $socket, $family, $family == 16 ? SOCK_RAW : SOCK_STREAM, 0);
}
tried "setpriority", setpriority(0, 0, 5);
open(my $file, ">", "/tmp/mine") or die $!;
tried "chown", chown($<, -1, "/tmp/mine");
tried "shmget", defined shmget(0, 4096, 0600);
tried "setuid", do { $! = 0; $> = $<; !$! };
"""


@test
def the_log_is_one_event_a_line_and_never_a_text():
    since = now()
    pair = Pair("Zoé » est là. « Bob", "Luc", salon="tp3")
    pair.a.say("un secret bien gardé")
    pair.b.hears("un secret bien gardé")
    with call() as stranger:
        stranger.sendall(b"MSG/1 x\xff\x1b[2J<0>\n")
        assert stranger.recv(4096).startswith(b"ERR ")
    pair.leave()
    name = "« Zoé \\u{bb} est là. \\u{ab} Bob »"
    expected = [
        (6, f"{name} est là, de 127.0.0.1 (salon « tp3 »)."),
        (6, "« Luc » est là, de 127.0.0.1 (salon « tp3 »)."),
        (5, "connexion de 127.0.0.1 refusée : ligne qui n'est pas en UTF-8."),
        (6, f"{name} a quitté la discussion (salon « tp3 »)."),
    ]
    until(lambda: len(relay_lines(since=since)) >= len(expected), f"{len(expected)} lines")
    lines = relay_lines(since=since)
    assert sorted(lines) == sorted(expected), lines
    everything = subprocess.run(["journalctl", "-o", "export"], capture_output=True).stdout
    assert "secret bien".encode() not in everything
    # The start and the end of it all, from the tests before.
    begun = [text for _, text in relay_lines() if text.startswith("à l'écoute sur ")]
    assert set(begun) == {"à l'écoute sur [::]:5000."}, begun
    assert (5, "arrêt (1 conversation).") in relay_lines()


@test
def a_flood_of_refusals_is_a_few_lines_and_a_count():
    since = now()
    for _ in range(500):
        with call() as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            stranger.recv(4096)
    refused = lambda: [text for _, text in relay_lines(since=since) if "refus" in text]
    until(lambda: any(text.startswith("… ") for text in refused()), "the log counts the rest")
    assert len(refused()) <= 30, refused()
    counted = sum(int(re.search(r"\d+", text)[0]) if text.startswith("… ") else 1 for text in refused())
    until(lambda: counted == 500, f"every refusal is counted: {refused()}")


@test
def who_may_call_is_limited_on_the_socket():
    override = Override(SOCKET, "[Socket]", "IPAddressDeny=any", "IPAddressAllow=127.0.0.1")
    # As docs/service.md says, and while the relay runs.
    systemctl("restart", SOCKET)
    call(source="127.0.0.1").close()
    outsider = socket.socket()
    outsider.bind(("127.0.0.2", 0))
    outsider.settimeout(1)
    try:
        outsider.connect(("127.0.0.1", PORT))
        raise AssertionError("127.0.0.2 was let in")
    except (TimeoutError, PermissionError):
        pass
    pair = Pair()
    pair.talk("entre nous")
    pair.leave()
    override.undo()
    systemctl("restart", SOCKET)


@test
def a_relay_for_one_conversation_ends_with_it_and_the_next_caller_starts_another():
    unit = "msg-relay@5001"
    systemctl("start", f"{unit}.socket")
    for round in (1, 2):
        pair = Pair(port=5001)
        pair.a.say(f"un secret encore mieux gardé, {round}")
        pair.b.hears(f"un secret encore mieux gardé, {round}")
        third = Client("Ève", port=5001)
        third.told("deux personnes discutent déjà ici")
        assert third.leaves() == 69
        pair.survives(lambda: systemctl("restart", f"{unit}.service"), lines=50)
        pair.leave()
        until(lambda: prop(f"{unit}.service", "ActiveState") == "inactive", "the relay has ended")
        assert prop(f"{unit}.service", "Result") == "success"
        assert prop(f"{unit}.socket", "ActiveState") == "active"
    everything = subprocess.run(["journalctl", "-o", "export"], capture_output=True).stdout
    assert "encore mieux gardé".encode() not in everything
    lines = relay_lines(f"{unit}.service")
    assert (5, "à l'écoute sur [::]:5001.") in lines, lines
    assert (6, "« Zoé » a quitté la discussion.") in lines, lines


@test
def several_daemons_of_a_campus_run_on_one_machine_and_know_their_callers():
    # As docs/campus.md has it.
    drop_in = ["[Service]", "ExecStart=", "ExecStart=msg --relay :%i --daemon --proxy-protocol"]
    override = Override("msg-relay@.service", *drop_in)
    for port in (5002, 5003):
        unit = f"msg-relay@{port}"
        systemctl("start", f"{unit}.socket")
        with call(port) as caller:
            caller.sendall(b"PROXY TCP4 192.0.2.7 10.0.0.1 43981 5000\r\nZo\xc3\xa9\n")
            welcome = caller.recv(4096).decode()
            assert welcome.startswith("Bienvenue, Zoé"), welcome
        with call(port) as stranger:
            stranger.sendall(b"Zoe\n")
            refused = stranger.recv(4096).decode()
            assert "PROXY" in refused, refused
        until(lambda: any("192.0.2.7" in line for _, line in relay_lines(f"{unit}.service")), "the log knows the caller")
        systemctl("stop", f"{unit}.socket", f"{unit}.service")
    override.undo()


@test
def the_figures_can_be_had_from_outside_the_sandbox():
    # As docs/service.md has it.
    override = Override("msg-relay.service", *METRICS)
    systemctl("restart", SOCKET)
    pair = Pair()
    with urllib.request.urlopen("http://127.0.0.1:9500/metrics", timeout=10) as page:
        rows = page.read().decode().splitlines()
    assert "msg_conversations 1" in rows, rows
    pair.talk("bonjour")
    pair.leave()
    override.undo()
    systemctl("stop", RELAY)


run()
