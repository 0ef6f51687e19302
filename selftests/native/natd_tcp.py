#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP ends that do what RFC 5382's rows are about; runs in the Debian tree.

Each command prints its results, or serves for ever.
"""
import errno
import os
import select
import socket
import struct
import sys
import threading
import time

# Its tcp-hold is a command here too.
from natd_probe import IP_RECVERR, LIMIT, MSG_ERRQUEUE, cmd_tcp_hold, csum


def tcp(addr="0.0.0.0", port=0):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((addr, int(port)))
    s.settimeout(LIMIT)
    return s


def serve_one(c, who):
    """r(ead all, then answer), e(cho), c(lose at a given time), u(rgent)."""
    try:
        c.settimeout(None)
        op = c.recv(1)
        if op == b"c":
            when = float(c.recv(100))
            time.sleep(max(0, when - time.time()))
            c.shutdown(socket.SHUT_WR)
            print("then", c.recv(100), flush=True)
        elif op == b"u":
            time.sleep(2)
            c.sendall(b"a" * 1000)
            c.send(b"U", socket.MSG_OOB)
            c.sendall(b"b" * 1000)
            c.recv(1)
        elif op == b"e":
            while data := c.recv(65536):
                c.sendall(data)
            print("closed", flush=True)
        else:
            n = 0
            while data := c.recv(65536):
                n += len(data)
            c.sendall(b"%s:%d %d " % (who[0].encode(), who[1], n))
            c.sendall(b"x" * 100000)
    except OSError as e:
        print(errno.errorcode[e.errno], flush=True)
    c.close()


def cmd_serve(addr, *ports):
    socks = [tcp(addr, p) for p in ports]
    for s in socks:
        s.listen(64)
    print("ready", flush=True)
    while True:
        for s in select.select(socks, [], [])[0]:
            threading.Thread(target=serve_one, args=s.accept(),
                             daemon=True).start()


def connect(to, port, src="0.0.0.0", sport=0):
    s = tcp(src, sport)
    s.connect((to, int(port)))
    return s


def ask(s, data):
    """All in one segment, with the FIN; the answer comes after it."""
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    s.sendall(b"r" + data)
    s.shutdown(socket.SHUT_WR)
    got = b""
    while part := s.recv(65536):
        got += part
    return got


def cmd_ask(to, port, sport="0", src="0.0.0.0", n="10"):
    try:
        got = ask(connect(to, port, src, sport), b"x" * int(n))
        who, had, rest = got.decode().split(" ")
        print(who, "had", had, "then", len(rest))
    except OSError as e:
        print(errno.errorcode.get(e.errno, "timeout"))


def cmd_two(to, port, sport, a, b):
    """Two guests, one port, one destination, at the same time."""
    sa, sb = connect(to, port, a, sport), connect(to, port, b, sport)
    va, vb = ask(sa, b"x").split()[0], ask(sb, b"x").split()[0]
    print("differ", va != vb)


def cmd_error(to, port, ttl="64", wait=str(LIMIT)):
    """Connect: how does it fail, and who said so?"""
    s = tcp()
    s.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(ttl))
    s.settimeout(float(wait))
    try:
        s.connect((to, int(port)))
        print("connected")
        return
    except OSError as e:
        name = errno.errorcode.get(e.errno, "silence")
    s.setblocking(False)
    try:
        _, anc, _, _ = s.recvmsg(2048, 512, MSG_ERRQUEUE)
        for level, kind, raw in anc:
            if (level, kind) == (socket.IPPROTO_IP, IP_RECVERR):
                _, _, typ, code, _, _, _ = struct.unpack_from("=IBBBBII", raw)
                name = "%d/%d from %s" % (typ, code,
                                          socket.inet_ntoa(raw[20:24]))
    except OSError:
        pass
    print(name)


def cmd_keep(to, port, stop):
    """Echo a byte again and again until the file is there."""
    s = connect(to, port)
    s.sendall(b"e")
    n = 0
    while not os.path.exists(stop):
        try:
            s.sendall(b"x")
            n += len(s.recv(1))
        except OSError as e:
            print("ended", errno.errorcode.get(e.errno, "silence"), flush=True)
            return
        print("echoed", n, flush=True)
        time.sleep(0.1)
    print("still there", flush=True)


def cmd_urgent(to, port):
    """Bytes that somebody marks as urgent stay where they are."""
    s = connect(to, port)
    s.sendall(b"u")
    print("ready", flush=True)
    s.settimeout(10)
    got = b""
    try:
        while len(got) < 2001 and (part := s.recv(65536)):
            got += part
    except OSError:
        print("silence after", len(got), flush=True)
    print("whole" if got == b"a" * 1000 + b"U" + b"b" * 1000
          else "other", flush=True)


def cmd_urgent_server(addr, port):
    """One connection: the urgent byte, and the others."""
    s = tcp(addr, port)
    s.listen(1)
    print("ready", flush=True)
    c, _ = s.accept()
    c.settimeout(10)
    poll = select.poll()
    poll.register(c, select.POLLPRI)
    urgent, got = b"none", b""
    if poll.poll(10000):
        urgent = c.recv(1, socket.MSG_OOB)
    while (part := c.recv(65536)):
        got += part
    print("urgent", urgent.decode(), "others",
          "whole" if got == b"a" * 1000 + b"b" * 1000 else len(got), flush=True)


def cmd_send_urgent(to, port):
    s = connect(to, port)
    s.sendall(b"a" * 1000)
    s.send(b"U", socket.MSG_OOB)
    s.sendall(b"b" * 1000)
    s.shutdown(socket.SHUT_WR)
    print("ready", flush=True)
    s.settimeout(10)
    s.recv(1)


def cmd_cross(addr, port, to, tport, src="0.0.0.0"):
    """Connect from a port to a port; then exchange a word."""
    s = tcp(src or addr, port)
    print("ready", flush=True)
    s.connect((to, int(tport)))
    s.sendall(b"hello")
    print("got", s.recv(5, socket.MSG_WAITALL).decode(), flush=True)
    time.sleep(1)


def cmd_close_together(to, port):
    s = connect(to, port)
    when = time.time() + 1
    s.sendall(b"c%f" % when)
    time.sleep(max(0, when - time.time()))
    s.shutdown(socket.SHUT_WR)
    print("then", s.recv(100))


def reset(me, to, seq):
    """A RST of the guest with a sequence number of our choice."""
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    src, dst = socket.inet_aton(me[0]), socket.inet_aton(to[0])
    h = struct.pack("!HHIIBBHHH", me[1], to[1], seq & 0xffffffff, 0, 5 << 4,
                    4, 0, 0, 0)
    c = csum(src + dst + struct.pack("!HH", 6, len(h)) + h)
    raw.sendto(h[:16] + struct.pack("!H", c) + h[18:], (to[0], 0))


def cmd_reset(to, port):
    """Resets that are wrong, nearly right, and right."""
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                         socket.htons(0x800))
    wire.bind(("nt0", 0x800))
    s = connect(to, port)
    me, peer = s.getsockname(), (to, int(port))

    def echo():
        s.sendall(b"x")
        return s.recv(1) == b"x"

    s.sendall(b"e")
    alive = echo()
    time.sleep(0.5)
    edge = 0
    wire.settimeout(0.5)
    try:
        while True:
            ip = wire.recv(2048)[14:]
            hl = (ip[0] & 15) * 4
            sp, dp, _, ack = struct.unpack("!HHII", ip[hl:hl + 12])
            if ip[9] == 6 and (sp, dp) == (peer[1], me[1]):
                edge = ack
    except OSError:
        pass
    for name, off in (("far", -100000), ("old", -1), ("near", 10),
                      ("exact", 0)):
        # The echo moves the edge: each is one byte.
        reset(me, peer, edge + off)
        time.sleep(0.5)
        if name == "exact":
            print("exact reset sent", flush=True)
            time.sleep(1)
            break
        alive = echo()
        edge += 1
        print(name, "survived" if alive else "ended", flush=True)


if __name__ == "__main__":
    globals()["cmd_" + sys.argv[1].replace("-", "_")](*sys.argv[2:])
