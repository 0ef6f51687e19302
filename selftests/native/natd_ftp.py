#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""FTP at the level of lines and ports, for what clients and servers that are
meant to work do not do; runs in the Debian tree.
"""
import hashlib
import re
import socket
import sys
import time

LIMIT = 40


def digest(data):
    return hashlib.sha256(data).hexdigest()


def listen(addr, port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((addr, port))
    s.listen(8)
    s.settimeout(LIMIT)
    return s


def read_all(s):
    data = b""
    while True:
        part = s.recv(65536)
        if not part:
            return data
        data += part


def address_in(line):
    """Where a PORT or EPRT leads."""
    m = re.match(rb"(?i)PORT (\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\r?\n$", line)
    if m:
        n = [int(x) for x in m.groups()]
        return "%d.%d.%d.%d" % tuple(n[:4]), n[4] << 8 | n[5]
    m = re.match(rb"(?i)EPRT \|1\|([0-9.]+)\|(\d+)\|\r?\n$", line)
    return (m.group(1).decode(), int(m.group(2))) if m else None


class Session:
    """One client of the little server. It connects from port 20, as RFC 959
    has it, and to the client's own address alone (RFC 2577)."""

    def __init__(self, conn, peer, root, own):
        self.conn, self.peer, self.root, self.own = conn, peer, root, own
        self.to = None

    def say(self, text):
        self.conn.sendall(text.encode() + b"\r\n")

    def data(self):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((self.own, 20))
        s.settimeout(10)
        s.connect(self.to)
        s.settimeout(LIMIT)
        self.to = None
        return s

    def transfer(self, verb, name):
        path = "%s/%s" % (self.root, name.rsplit("/", 1)[-1])
        try:
            s = self.data()
        except (OSError, TypeError):
            self.say("425 no data connection")
            return
        self.say("150 here it comes")
        if verb == "RETR":
            with open(path, "rb") as f:
                s.sendfile(f)
        else:
            with open(path, "wb") as f:
                f.write(read_all(s))
        s.close()
        self.say("226 done")

    def line(self, raw):
        print(raw.decode("latin-1").rstrip("\r\n"), flush=True)
        verb, _, arg = raw.decode("latin-1").strip().partition(" ")
        verb = verb.upper()
        if verb in ("PORT", "EPRT"):
            to = address_in(raw)
            good = to and to[0] == self.peer[0] and to[1] >= 1024
            self.to = to if good else None
            self.say("200 good" if good else "500 not there")
        elif verb in ("RETR", "STOR"):
            self.transfer(verb, arg)
        elif verb == "PWD":
            self.say('257 "/"')
        elif verb == "QUIT":
            self.say("221 bye")
            return False
        else:
            known = {"USER": "331 password", "PASS": "230 in", "TYPE": "200 good",
                     "CWD": "250 good", "SIZE": "502 no", "SYST": "215 UNIX"}
            self.say(known.get(verb, "502 no"))
        return True


def serve(addr, root):
    s = listen(addr, 21)
    s.settimeout(None)
    print("ready", flush=True)
    while True:
        conn, peer = s.accept()
        session = Session(conn, peer, root, addr)
        with conn, conn.makefile("rb") as lines:
            session.say("220 little server")
            for raw in lines:
                if not session.line(raw):
                    break


def sink(addr, path):
    """What clients say, in the order it comes."""
    s = listen(addr, 21)
    s.settimeout(None)
    print("ready", flush=True)
    while True:
        conn, _ = s.accept()
        with conn, open(path, "wb", buffering=0) as f:
            while True:
                data = conn.recv(65536)
                if not data:
                    break
                f.write(data)


def say(server, path, own):
    """Send a file to port 21 in one piece, from own, and stay."""
    s = socket.create_connection((server, 21), LIMIT, (own, 0))
    with open(path, "rb") as f:
        s.sendall(f.read())
    s.shutdown(socket.SHUT_WR)
    print("sent", flush=True)
    s.recv(1)


def wait_data(own, port, server):
    """A client that has named its port: who comes there?"""
    d = listen(own, int(port))
    s = socket.create_connection((server, 21), LIMIT)
    s.sendall(b"PORT %s,%d,%d\r\n" % (own.replace(".", ",").encode(), int(port) >> 8,
                                     int(port) & 255))
    print("waits", flush=True)
    while True:
        try:
            conn, peer = d.accept()
        except socket.timeout:
            continue
        print("from %s:%d" % peer, conn.recv(100).decode(), flush=True)
        conn.close()


def connect(addr, port, own):
    """As a server: what comes of it?"""
    try:
        s = socket.create_connection((addr, int(port)), 10, (own, 0))
        s.sendall(b"hello")
        print("end" if s.recv(1) == b"" else "data")
    except OSError as e:
        print(e.strerror or e)


def fetch(server, own, how, name):
    """By hand: the command in pieces, or everything at once."""
    c = socket.create_connection((server, 21), LIMIT)
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    login = b"USER anonymous\r\nPASS a@b\r\nTYPE I\r\n"
    ports = [listen(own, 0) for _ in range(2 if how == "pipelined" else 1)]
    lines = []
    for d in ports:
        p = d.getsockname()[1]
        lines.append(b"PORT %s,%d,%d\r\n" % (own.replace(".", ",").encode(), p >> 8, p & 255))
        lines.append(b"RETR %s\r\n" % name.encode())
    text = login + b"".join(lines) + b"QUIT\r\n"
    step = 3 if how == "split" else len(text)
    for at in range(0, len(text), step):
        c.sendall(text[at:at + step])
        if how == "split":
            time.sleep(0.02)
    for d in ports:
        s, peer = d.accept()
        s.settimeout(LIMIT)
        print(peer[0], digest(read_all(s)), flush=True)
    print(read_all(c).decode().replace("\r\n", "|"), file=sys.stderr)


def bounce(server, *ports):
    """PORT to somebody else: the server's answers."""
    c = socket.create_connection((server, 21), LIMIT)
    lines = c.makefile("rb")
    lines.readline()
    for text in ("USER anonymous", "PASS a@b", *("PORT " + p for p in ports)):
        c.sendall(text.encode() + b"\r\n")
        answer = lines.readline().decode()
        if text.startswith("PORT"):
            print(answer[:1] + "xx")


def main():
    commands = {"serve": serve, "sink": sink, "say": say, "wait-data": wait_data,
                "connect": connect, "fetch": fetch, "bounce": bounce}
    commands[sys.argv[1]](*sys.argv[2:])


main()
