#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that tries every door of the host, and who tells which it came
through; runs in the Debian tree."""
import select
import socket
import struct
import sys
import time

from natd_probe import csum, echo_request, udp

ME, MAC = "10.99.0.200", bytes.fromhex("005056000200")
GATEWAY = "10.99.0.2"
SYN, RST = 2, 4


def welcome(s, place):
    if s.type == socket.SOCK_DGRAM:
        data, who = s.recvfrom(65535)
        print("udp", place, "from", who[0], flush=True)
        s.sendto(b"%s has %d" % (place.encode(), len(data)), who)
        return None
    c, who = s.accept()
    print("tcp", place, "from", who[0], flush=True)
    c.sendall(b"%s sees %s" % (place.encode(), who[0].encode()))
    return c


def cmd_witness(*places):
    """Serve TCP and UDP at each ADDRESS:PORT; say who came, and to where."""
    socks = {}
    for place in places:
        addr, port = place.split(":")
        t = socket.socket()
        t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        t.bind((addr, int(port)))
        t.listen(64)
        socks[t] = socks[udp(addr, int(port))] = place
    print("ready", flush=True)
    held = []
    while True:
        for s in select.select(list(socks), [], [])[0]:
            # Who came may have gone.
            try:
                held.append(welcome(s, socks[s]))
            except OSError:
                pass


def cmd_say(to, port, wait="0"):
    """What a TCP service says first; then wait for its end."""
    c = socket.create_connection((to, int(port)), 20)
    print(c.recv(100).decode(), flush=True)
    if float(wait):
        c.settimeout(float(wait))
        try:
            print("ended" if not c.recv(1) else "more", flush=True)
        except OSError as e:
            print("still there" if isinstance(e, TimeoutError) else e)


class Wire:
    """Frames as they are: a guest's kernel would not send all of these."""

    def __init__(self):
        self.s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                               socket.htons(3))
        self.s.bind(("nt0", 3))
        self.gateway = self.ask_mac()

    def ask_mac(self):
        me, gw = socket.inet_aton(ME), socket.inet_aton(GATEWAY)
        for _ in range(20):
            self.s.send(b"\xff" * 6 + MAC + struct.pack(
                "!HHHBBH", 0x806, 1, 0x800, 6, 4, 1) + MAC + me + bytes(6)
                + gw)
            for f in self.frames(1):
                if f[12:14] == b"\x08\x06" and f[28:32] == gw:
                    return f[22:28]
        sys.exit("nobody has " + GATEWAY)

    def frames(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.s], [], [], left)[0]:
                f, addr = self.s.recvfrom(65535)
                if addr[2] != socket.PACKET_OUTGOING:
                    yield f

    def send(self, dst, proto, l4):
        src, dst = socket.inet_aton(ME), socket.inet_aton(dst)
        at = {6: 16, 17: 6}.get(proto)
        if at:
            c = csum(src + dst + struct.pack("!HH", proto, len(l4)) + l4)
            l4 = l4[:at] + struct.pack("!H", c) + l4[at + 2:]
        h = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(l4), 1, 0, 64,
                        proto, 0, src, dst)
        h = h[:10] + struct.pack("!H", csum(h)) + h[12:]
        self.s.send(self.gateway + MAC + b"\x08\x00" + h + l4)

    def send_tcp(self, dst, sport, dport, seq, flags):
        self.send(dst, 6, struct.pack("!HHIIBBHHH", sport, dport, seq, 0,
                                      5 << 4, flags, 65535, 0, 0))


def answer(f):
    """(protocol, our port or id, what it says), or None."""
    if f[12:14] != b"\x08\x00" or f[30:34] != socket.inet_aton(ME):
        return None
    l4 = f[14 + (f[14] & 15) * 4:]
    src = socket.inet_ntoa(f[26:30])
    if f[23] == 6:
        return 6, struct.unpack("!H", l4[2:4])[0], (
            "reset" if l4[13] & 4 else "open from " + src)
    if f[23] == 17:
        return 17, struct.unpack("!H", l4[2:4])[0], "answer from " + src
    if f[23] == 1 and l4[0] == 0:
        return 1, struct.unpack("!H", l4[4:6])[0], "reply from " + src
    if f[23] == 1 and l4[0] in (3, 11):
        quoted = l4[8:]
        inner = quoted[(quoted[0] & 15) * 4:]
        at = 4 if quoted[9] == 1 else 0
        return quoted[9], struct.unpack("!H", inner[at:at + 2])[0], (
            "%d/%d from %s" % (l4[0], l4[1], src))
    return None


def cmd_knock(places, ports, seconds="5"):
    """Each port of each address, by TCP and UDP, and an echo: what came."""
    wire, doors, sport = Wire(), {}, 20000
    for place in places.split(","):
        for port in ports.split(","):
            sport += 1
            doors[6, sport] = ["tcp", place, int(port), "silence"]
            doors[17, sport] = ["udp", place, int(port), "silence"]
        doors[1, sport] = ["icmp", place, 0, "silence"]
    for _ in range(3):
        for (proto, sp), (_, place, port, said) in doors.items():
            if said != "silence":
                continue
            if proto == 6:
                wire.send_tcp(place, sp, port, 1000, SYN)
            elif proto == 17:
                wire.send(place, 17, struct.pack(
                    "!HHHH", sp, port, 13, 0) + b"hello")
            else:
                wire.send(place, 1, echo_request(sp, 1, b"hello"))
        for f in wire.frames(float(seconds) / 3):
            got = answer(f)
            door = got and doors.get(got[:2])
            if door and door[3] == "silence":
                door[3] = got[2]
                if "open" in got[2]:
                    wire.send_tcp(door[1], got[1], door[2], 1001, RST)
    for kind, place, port, said in doors.values():
        print(kind, "%s:%d" % (place, port) if port else place, said)


if __name__ == "__main__":
    globals()["cmd_" + sys.argv[1].replace("-", "_")](*sys.argv[2:])
