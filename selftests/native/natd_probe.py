#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What guests and servers do in the tests of natd; runs in the Debian tree.

Each command prints its results, one "name value" a line, or serves for ever.
"""
import errno
import json
import os
import select
import socket
import struct
import sys
import threading
import time

LIMIT = 60  # seconds to wait for what must come
IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_DO = 10, 0, 2
IP_RECVERR, MSG_ERRQUEUE = 11, 0x2000
IPV6_MTU_DISCOVER, IPV6_RECVERR = 23, 25


def any_of(peer):
    """All addresses of the family that this peer has."""
    return "::" if ":" in peer else "0.0.0.0"


def text_of(who):
    return ("[%s]:%d" if ":" in who[0] else "%s:%d") % who[:2]


def udp(addr="0.0.0.0", port=0, df=False, ttl=None):
    v6 = ":" in addr
    s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET,
                      socket.SOCK_DGRAM)
    level = socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.setsockopt(level, IPV6_RECVERR if v6 else IP_RECVERR, 1)
    s.setsockopt(level, IPV6_MTU_DISCOVER if v6 else IP_MTU_DISCOVER,
                 IP_PMTUDISC_DO if df else IP_PMTUDISC_DONT)
    if ttl:
        s.setsockopt(level, socket.IPV6_UNICAST_HOPS if v6 else socket.IP_TTL,
                     ttl)
    s.bind((addr, port))
    s.settimeout(LIMIT)
    return s


def ask(s, to, data, good=lambda data, who: True, tries=20):
    """Send until what we want comes back. Datagrams may be lost, and answers
    late, so that they come after we have asked again."""
    for _ in range(tries):
        try:
            s.sendto(data, to)
            end = time.monotonic() + LIMIT / tries
            while select.select([s], [], [], max(0, end - time.monotonic()))[0]:
                got = s.recvfrom(65535)
                if good(*got):
                    return got
        except OSError:
            pass
    return b"", ("", 0)


def error_of(s, to, data, tries=20):
    """Send until the network complains. (type, code, offender, info)"""
    poll = select.poll()
    poll.register(s, 0)
    for _ in range(tries):
        try:
            s.sendto(data, to)
        except OSError:
            pass
        if not poll.poll(1000 * LIMIT // tries):
            continue
        try:
            _, anc, _, _ = s.recvmsg(2048, 512, MSG_ERRQUEUE)
        except OSError:
            continue
        for level, kind, raw in anc:
            if (level, kind) in ((socket.IPPROTO_IP, IP_RECVERR),
                                 (socket.IPPROTO_IPV6, IPV6_RECVERR)):
                num, origin, typ, code, _, info, _ = struct.unpack_from(
                    "=IBBBBII", raw)
                off = "-"
                if origin == 2 and len(raw) >= 24:
                    off = socket.inet_ntoa(raw[20:24])
                elif origin == 3 and len(raw) >= 40:
                    off = socket.inet_ntop(socket.AF_INET6, raw[24:40])
                if origin in (2, 3):
                    return "%d/%d from %s info %d" % (typ, code, off, info)
                return "local %s info %d" % (errno.errorcode[num], info)
    return "none"


def cmd_echo(addr, *ports):
    """Answer each datagram with who sent it; "want N" asks for N bytes."""
    socks = [udp(addr, int(p)) for p in ports]
    print("ready", flush=True)
    while True:
        for s in select.select(socks, [], [])[0]:
            try:
                data, who = s.recvfrom(65535)
                if data.startswith(b"want "):
                    n = int(data[5:])
                    s.sendto(pattern(n), who)
                elif data == b"other":
                    socks[-1].sendto(b"other port", who)
                elif data.startswith(b"empty"):
                    s.sendto(b"", who)
                else:
                    s.sendto(b"%s %d" % (text_of(who).encode(), len(data))
                             + check(data), who)
            except OSError:
                pass


def pattern(n):
    return bytes((i * 7 + (i >> 8)) & 255 for i in range(n))


def check(data):
    return b" whole" if data == pattern(len(data)) else b" other"


def cmd_ask(to, port, sport, text, src=""):
    s = udp(src or any_of(to), int(sport))
    data, who = ask(s, (to, int(port)), text.encode())
    print(data.decode(errors="replace"), "from", text_of(who))


def cmd_mapping(to, p1, p2, sport):
    """The same source to two ports: seen alike? And who may answer?"""
    s = udp(any_of(to), int(sport))
    a = ask(s, (to, int(p1)), b"x")[0].split()[0].decode()
    b = ask(s, (to, int(p2)), b"x",
            lambda data, who: who[1] == int(p2))[0].split()[0].decode()
    print("first", a)
    print("second", b)
    _, who = ask(s, (to, int(p1)), b"other",
                 lambda data, who: data == b"other port")
    print("answer from", who[1])


def cmd_size(to, port, n):
    """Datagrams of n bytes up and down."""
    n = int(n)
    s = udp(any_of(to))
    data, _ = ask(s, (to, int(port)), pattern(n))
    print("up", data.decode().split(" ", 1)[1] if data else "lost")
    data, _ = ask(s, (to, int(port)), b"want %d" % n,
                  lambda data, who: len(data) == n)
    print("down", len(data), check(data).decode().strip())


def cmd_empty(to, port):
    s = udp(any_of(to))
    data, who = ask(s, (to, int(port)), b"")
    print("up", data.decode().split()[1])
    data, who = ask(s, (to, int(port)), b"empty",
                    lambda data, who: not data)
    print("down", len(data), who[1])


def cmd_error(to, port, n="10", opt="", ttl="0"):
    s = udp(any_of(to), df=opt == "df", ttl=int(ttl))
    print(error_of(s, (to, int(port)), pattern(int(n))))


def cmd_two(to, port, sport, a, b):
    """Two guests with one source port: each gets its own answers only."""
    sa, sb = udp(a, int(sport)), udp(b, int(sport))
    va = ask(sa, (to, int(port)), b"a")[0].split()[0].decode()
    vb = ask(sb, (to, int(port)), b"bb")[0].split()
    print("differ", va != vb[0].decode())
    print("length", vb[1].decode())
    mixed = False
    while (ready := select.select([sa, sb], [], [], 1)[0]):
        for s in ready:
            # A late answer to what we have asked twice is no harm.
            want = b"1" if s is sa else b"2"
            mixed |= s.recv(100).split()[1] != want
    print("mixed", mixed)


def cmd_hairpin(to, port, outside, pa, pb):
    """Guest b sends to the outside address of guest a, and a answers."""
    sa, sb = udp("10.99.0.128", int(pa)), udp("10.99.0.129", int(pb))
    ask(sa, (to, int(port)), b"a")
    data, who = b"", ("", 0)
    for _ in range(20):
        sb.sendto(b"hi", (outside, int(pa)))
        if select.select([sa], [], [], LIMIT / 20)[0]:
            data, who = sa.recvfrom(100)
            if data == b"hi":
                break
    print("at 10.99.0.128 from %s:%d" % who)
    data, who = b"", ("", 0)
    for _ in range(20):
        sa.sendto(b"ho", (outside, int(pb)))
        if select.select([sb], [], [], LIMIT / 20)[0]:
            data, who = sb.recvfrom(100)
            break
    print("back from %s:%d" % who)


def csum(data):
    if len(data) & 1:
        data += b"\0"
    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


def echo_request(ident, seq, data):
    h = struct.pack("!BBHHH", 8, 0, 0, ident, seq)
    return struct.pack("!BBHHH", 8, 0, csum(h + data), ident, seq) + data


def cmd_ping(to, n="56", ttl="64", ident="4711", df=""):
    """One echo: the answer, or which error, with what it quotes."""
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(ttl))
    s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER,
                 IP_PMTUDISC_DO if df else IP_PMTUDISC_DONT)
    ident, data = int(ident), pattern(int(n))
    end = time.monotonic() + LIMIT
    seq = 0
    while time.monotonic() < end:
        seq += 1
        s.sendto(echo_request(ident, seq, data), (to, 0))
        while select.select([s], [], [], 4)[0]:
            pkt, who = s.recvfrom(65535)
            icmp = pkt[(pkt[0] & 15) * 4:]
            if csum(icmp):
                print("bad checksum")
                return
            typ, code, _, rid, rest = struct.unpack("!BBHHH", icmp[:8])
            if typ == 0 and rid == ident:
                print("reply from", who[0], "whole"
                      if icmp[8:] == data else "other")
                return
            if typ not in (3, 11, 12):
                continue
            inner = icmp[8:]
            hl = (inner[0] & 15) * 4
            qt, _, _, qid, _ = struct.unpack("!BBHHH", inner[hl:hl + 8])
            if qt != 8 or qid != ident:
                continue
            print("error %d/%d from %s about %s to %s mtu %d%s" % (
                typ, code, who[0], socket.inet_ntoa(inner[12:16]),
                socket.inet_ntoa(inner[16:20]), rest,
                "" if not csum(inner[:hl]) else " bad quote"))
            return
    print("nothing")


def cmd_ids(to, *idents):
    """Several echo ids at once: each gets its own answers."""
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    want = {int(i) for i in idents}
    end = time.monotonic() + LIMIT
    while want and time.monotonic() < end:
        for i in want:
            s.sendto(echo_request(i, 1, b"%d" % i), (to, 0))
        while want and select.select([s], [], [], 2)[0]:
            pkt, _ = s.recvfrom(65535)
            icmp = pkt[20:]
            typ, _, _, rid, _ = struct.unpack("!BBHHH", icmp[:8])
            if typ == 0 and rid in want and icmp[8:] == b"%d" % rid:
                want.discard(rid)
    print("missing", len(want))


def cmd_refuse(addr, port):
    """Open a port, take one datagram, close it, and take what follows."""
    s = udp(addr, int(port))
    print("ready", flush=True)
    s.recvfrom(65535)
    s.close()
    print("closed", flush=True)


def cmd_connected(to, port):
    """Send until the other side says that nobody listens."""
    s = udp()
    s.connect((to, int(port)))
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        try:
            s.send(b"x")
            select.select([s], [], [], 1)
            s.setblocking(False)
            s.recv(65535)
        except BlockingIOError:
            pass
        except OSError as e:
            print(errno.errorcode[e.errno])
            return
    print("nothing")


# --- DNS -----------------------------------------------------------------

def name(text):
    return b"".join(bytes([len(p)]) + p.encode()
                    for p in text.split(".")) + b"\0"


def question(msg):
    at, parts = 12, []
    while msg[at]:
        parts.append(msg[at + 1:at + 1 + msg[at]].decode())
        at += msg[at] + 1
    return ".".join(parts), at + 5


def dns_answer(msg, addr, tcp=False):
    """big: 3000 bytes; cut: truncated over UDP; fail: SERVFAIL; else addr."""
    text, end = question(msg)
    flags, extra, rcode = 0x8400, b"", 0
    if text.startswith("big"):
        extra = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, 60, 251)
                         + b"\xfa" + b"x" * 250 for _ in range(12))
        n = 12
    elif text.startswith("cut") and not tcp:
        flags, n = flags | 0x200, 0
    elif text.startswith("fail"):
        rcode, n = 2, 0
    else:
        extra = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4)
        extra += socket.inet_aton(addr)
        n = 1
    return (msg[:2] + struct.pack("!HHHHH", flags | rcode, 1, n, 0, 0)
            + msg[12:end] + extra)


def dns_read(c):
    """A message over TCP, or None at the end."""
    head = c.recv(2, socket.MSG_WAITALL)
    if len(head) < 2:
        return None
    return c.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)


def dns_frame(msg):
    return struct.pack("!H", len(msg)) + msg


def dns_stream(c, answer, mode):
    """once: one answer a connection; silent: none."""
    try:
        c.settimeout(LIMIT)
        while msg := dns_read(c):
            print("asked", question(msg)[0], "by TCP", flush=True)
            if mode != "silent":
                c.sendall(dns_frame(dns_answer(msg, answer, True)))
            if mode == "once":
                break
    except OSError:
        pass
    c.close()


def cmd_dns_server(addr, port, answer, mode=""):
    """A server that says that every name is at @answer; or is silent."""
    port = int(port)
    s = udp(addr, port)
    t = socket.socket()
    t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    t.bind((addr, port))
    t.listen(16)
    print("ready", flush=True)
    while True:
        for r in select.select([s, t], [], [])[0]:
            try:
                if r is s:
                    msg, who = s.recvfrom(65535)
                    print("asked", question(msg)[0], flush=True)
                    if mode == "wrong":
                        bad = bytes([msg[0] ^ 255]) + msg[1:]
                        s.sendto(dns_answer(bad, "6.6.6.6"), who)
                    if mode != "silent":
                        s.sendto(dns_answer(msg, answer), who)
                    continue
                c, _ = t.accept()
                threading.Thread(target=dns_stream, args=(c, answer, mode),
                                 daemon=True).start()
            except (OSError, struct.error):
                pass


def dns_query(ident, text, edns=0):
    q = struct.pack("!HHHHHH", ident, 0x100, 1, 0, 0, 1 if edns else 0)
    q += name(text) + struct.pack("!HH", 1, 1)
    if edns:
        q += b"\0" + struct.pack("!HHIH", 41, edns, 0, 0)
    return q


def dns_id(msg):
    return struct.unpack("!H", msg[:2])[0]


def dns_show(msg):
    flags, _, n = struct.unpack("!HHH", msg[2:8])
    out = "rcode %d answers %d" % (flags & 15, n)
    if flags & 0x200:
        out += " truncated"
    if n == 1 and len(msg) >= 4:
        out += " " + socket.inet_ntoa(msg[-4:])
    return out + (" %d bytes" % len(msg) if len(msg) > 512 else "")


def cmd_dns(server, text, edns="0", tries="1"):
    q = dns_query(os.getpid() & 0xffff, text, int(edns))
    s = udp()
    for _ in range(int(tries)):
        s.sendto(q, (server, 53))
        if select.select([s], [], [], LIMIT / int(tries))[0]:
            break
    try:
        s.setblocking(False)
        msg = s.recv(65535)
    except OSError as e:
        print(errno.errorcode[e.errno])
        return
    print("id" if msg[:2] == q[:2] else "wrong id", dns_show(msg))


def cmd_dns_many(server, count):
    """Many queries at once, each from a port and with an id of its own."""
    socks, got = {}, 0
    for i in range(int(count)):
        s = udp()
        socks[s] = dns_query(i, "n%d.test" % i)
    end = time.monotonic() + 2 * LIMIT
    while socks and time.monotonic() < end:
        for s, q in socks.items():
            s.sendto(q, (server, 53))
        stop = time.monotonic() + 8
        while socks and time.monotonic() < stop:
            for s in select.select(list(socks), [], [], 1)[0]:
                msg = s.recv(65535)
                q = socks.pop(s)
                got += msg[:2] == q[:2] and question(msg) == question(q)
                s.close()
    print("answered", got)


def cmd_dns_raw(server, *hexes):
    """Send rubbish, then ask something sensible."""
    s = udp()
    for h in hexes:
        s.sendto(bytes.fromhex(h), (server, 53))
    cmd_dns(server, "after.test", "0", "10")


def cmd_dns_tcp(server, *texts):
    """All of them on one connection, and at once."""
    c = socket.create_connection((server, 53), LIMIT)
    c.sendall(b"".join(dns_frame(dns_query(i, t))
                       for i, t in enumerate(texts)))
    got = {}
    while len(got) < len(texts):
        msg = dns_read(c)
        if msg is None:
            break
        got[dns_id(msg)] = dns_show(msg)
    for i in range(len(texts)):
        print(got.get(i, "nothing"))


def cmd_dns_slow(server, *texts):
    """Byte by byte, one after the other, and the last one with the end."""
    c = socket.create_connection((server, 53), LIMIT)
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i, t in enumerate(texts):
        for b in dns_frame(dns_query(i, t)):
            c.sendall(bytes([b]))
            time.sleep(0.002)
        if i == len(texts) - 1:
            c.shutdown(socket.SHUT_WR)
        print(dns_show(dns_read(c)))
    print("the end" if dns_read(c) is None else "more")


def cmd_dns_hold(server, count, text):
    """Many connections; the last that there may be is asked."""
    socks = []
    for _ in range(int(count)):
        try:
            socks.append(socket.create_connection((server, 53), LIMIT))
        except ConnectionRefusedError:
            break
    socks[-1].sendall(dns_frame(dns_query(1, text)))
    print(len(socks), dns_show(dns_read(socks[-1])), flush=True)
    for s in socks:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        s.close()


# --- TCP, status ---------------------------------------------------------

def cmd_tcp_server(addr, port):
    """Say who has connected, then the pattern of what was asked for."""
    t = socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET)
    t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    t.bind((addr, int(port)))
    t.listen(64)
    print("ready", flush=True)
    while True:
        c, who = t.accept()
        try:
            c.settimeout(LIMIT)
            c.recv(1)
            c.sendall(b"%s:%d" % (who[0].encode(), who[1]))
        except OSError:
            pass
        c.close()


def cmd_tcp(to, port):
    try:
        c = socket.create_connection((to, int(port)), LIMIT)
        me = c.getsockname()
        c.sendall(b"x")
        data = b""
        while True:
            part = c.recv(4096)
            if not part:
                break
            data += part
        print("me %s:%d" % me[:2])
        print("seen as", data.decode())
    except OSError as e:
        print(errno.errorcode.get(e.errno, "timeout"))


def cmd_tcp_hold(to, port):
    """Connect, say so, and tell how it ends."""
    c = socket.create_connection((to, int(port)), LIMIT)
    print("connected", flush=True)
    c.settimeout(None)
    try:
        print("closed" if not c.recv(1) else "data", flush=True)
    except OSError as e:
        print(errno.errorcode[e.errno], flush=True)


def cmd_tcp_silent(addr, port):
    """Take connections and do nothing with them."""
    t = socket.socket()
    t.bind((addr, int(port)))
    t.listen(64)
    print("ready", flush=True)
    held = []
    while True:
        held.append(t.accept())


def cmd_hold_ports(tcp_port, udp_port):
    """Have ports that others want."""
    t = socket.socket()
    t.bind(("0.0.0.0", int(tcp_port)))
    t.listen(1)
    u = udp("0.0.0.0", int(udp_port))
    print("ready", flush=True)
    select.select([], [], [])
    u.close()


def cmd_slow_clients(path, count):
    """Ask for much and read nothing, until all of them have been closed."""
    socks = []
    for _ in range(int(count)):
        s = socket.socket(socket.AF_UNIX)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(path)
        s.setblocking(False)
        socks.append(s)
    left, quiet = set(socks), 0
    while quiet < 20:
        quiet += 1
        for s in socks:
            try:
                while s.send(b'{"request":"statistics"}\n'):
                    quiet = 0
            except BlockingIOError:
                pass
        time.sleep(0.05)
    print("ready", flush=True)
    poll = select.poll()
    for s in socks:
        poll.register(s, 0)
    while left:
        for fd, what in poll.poll():
            if what & select.POLLHUP:
                left = {s for s in left if s.fileno() != fd}
                poll.unregister(fd)
    print(len(socks), "closed", flush=True)


def cmd_idle_clients(path, count):
    socks = []
    for _ in range(int(count)):
        s = socket.socket(socket.AF_UNIX)
        s.connect(path)
        socks.append(s)
    time.sleep(1)
    gone = select.select(socks, [], [], 1)[0]
    print(len(gone), "closed", flush=True)
    time.sleep(1)


def cmd_forward(path, proto, port, *keys):
    """What the status says of one forward."""
    for f in read_json(path)["forwards"]:
        if (f["proto"], f["host_port"]) == (proto, int(port)):
            for k in keys:
                print(k, f.get(k))


def read_json(path):
    tcp = path.isdigit()
    s = socket.socket(socket.AF_INET if tcp else socket.AF_UNIX)
    s.settimeout(LIMIT)
    s.connect(("127.0.0.1", int(path)) if tcp else path)
    text = b""
    while True:
        part = s.recv(65536)
        if not part:
            break
        text += part
    return json.loads(text)


def cmd_json(path, *keys):
    j = read_json(path)
    for k in keys:
        v = j
        for p in k.split("."):
            v = v[int(p)] if isinstance(v, list) else v[p]
        print(k, v)


if __name__ == "__main__":
    globals()["cmd_" + sys.argv[1].replace("-", "_")](*sys.argv[2:])
