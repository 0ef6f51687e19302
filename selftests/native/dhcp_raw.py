#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""DHCP messages made by hand, for the rows of RFC 2131 and its friends; runs in
the Debian tree.

	dhcp_raw.py LEASES

Prints PASS or FAIL and the name of each row.
"""
import socket
import struct
import sys
import time

COOKIE = b"\x63\x82\x53\x63"
ALL = b"\xff" * 6
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
SERVER = "10.97.0.254"
LIMIT = 20
NONE = "0.0.0.0"


def ip(text):
    return socket.inet_aton(text)


def num(n):
    return struct.pack("!I", n)


def csum(data):
    data += b"\0" * (len(data) % 2)
    n = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return ~n & 0xffff


def ip4(src, dst, proto, data):
    h = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), 0, 0, 64, proto, 0, ip(src), ip(dst))
    return h[:10] + struct.pack("!H", csum(h)) + h[12:] + data


class Reply:
    def __init__(self, frame):
        self.dst, self.src = frame[:6], frame[6:12]
        self.from_ip, self.to_ip = (socket.inet_ntoa(frame[i:i + 4]) for i in (26, 30))
        self.port = struct.unpack_from("!H", frame, 36)[0]
        self.raw = m = frame[42:]
        self.op, self.hops, self.xid = m[0], m[3], m[4:8]
        self.secs, self.flags = struct.unpack_from("!HH", m, 8)
        self.ciaddr, self.yiaddr, self.siaddr, self.giaddr = (
            socket.inet_ntoa(m[i:i + 4]) for i in (12, 16, 20, 24))
        self.chaddr, self.sname, self.file = m[28:34], m[44:108], m[108:236]
        self.order, self.opts, self.twice = [], {}, False
        self.field(m[240:])
        overload = self.opts.get(52, b"\0")[0]
        for bit, where in (1, self.file), (2, self.sname):
            if overload & bit:
                self.field(where)
        self.type = self.opts.get(53, b"\0")[0]

    def field(self, p):
        at = 0
        while p[at] != 255:
            if p[at]:
                if p[at] in self.opts:
                    self.twice = True
                self.opts[p[at]] = self.opts.get(p[at], b"") + p[at + 2:at + 2 + p[at + 1]]
                self.order.append(p[at])
                at += 1 + p[at + 1]
            at += 1

    def number(self, code):
        return int.from_bytes(self.opts.get(code, b""), "big")


wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind(("eth0", 0))
count = 0


class Client:
    """A machine; what is given to say() stands over what it would say."""

    def __init__(self, giaddr=NONE, ident=None, mac=None):
        global count
        count += 1
        self.mac = mac or struct.pack("!HI", 0x0200, count)
        self.giaddr, self.ident, self.addr, self.server = giaddr, ident, NONE, SERVER

    def say(self, kind, opts=(), ciaddr=NONE, flags=0, src=None, dst=None, to=ALL, frame_mac=None,
            op=1, hlen=6, hops=0, cookie=COOKIE, tail=None, sname=b"", file=b"", giaddr=None,
            srv=None):
        global count
        count += 1
        self.xid = num(count)
        giaddr = self.giaddr if giaddr is None else giaddr
        body = cookie
        if kind:
            body += bytes((53, 1, kind))
        if self.ident is not None:
            body += bytes((61, len(self.ident))) + self.ident
        for code, value in opts:
            body += bytes((code, len(value))) + value
        body += b"\xff" if tail is None else tail
        m = struct.pack("!BBBB4sHH4s4s4s4s16s64s128s", op, 1, hlen, hops, self.xid, 9, flags,
                        ip(ciaddr), bytes(4), bytes(4), ip(giaddr), self.mac, sname, file) + body
        if tail is None:
            m = m.ljust(300, b"\0")
        src = src or (giaddr if giaddr != NONE else ciaddr)
        udp = struct.pack("!HHHH", 67 if giaddr != NONE else 68, 67, 8 + len(m), 0) + m
        frame_mac = frame_mac or (RELAY if giaddr != NONE else self.mac)
        wire.send(to + frame_mac + b"\x08\x00" + ip4(src, dst or "255.255.255.255", 17, udp))

    def hear(self, limit=LIMIT):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            wire.settimeout(max(0.01, end - time.monotonic()))
            try:
                f = wire.recv(4096)
            except (socket.timeout, BlockingIOError):
                break
            if is_reply(f) and f[46:50] == self.xid:
                return Reply(f)
        return None

    def ask(self, kind, opts=(), **how):
        self.say(kind, opts, **how)
        return self.hear()

    def silent(self, kind, opts=(), **how):
        """Is there no answer? Another one's later lease is answered after it."""
        self.say(kind, opts, **how)
        xid = self.xid
        other = helpers.pop(0)
        helpers.append(other)
        other.say(REQUEST, ciaddr=other.addr)
        heard = False
        while True:
            f = wire.recv(4096)
            if is_reply(f) and f[46:50] == xid:
                heard = True
            if is_reply(f) and f[46:50] == other.xid:
                return not heard

    def offer(self, opts=(), **how):
        return self.ask(DISCOVER, opts, **how)

    def select(self, addr, opts=(), **how):
        return self.ask(REQUEST, [(50, ip(addr)), (54, ip(self.server))] + list(opts), **how)

    def lease(self, opts=()):
        """The whole way to an address."""
        o = self.offer(opts)
        a = self.select(o.yiaddr, opts)
        assert a.type == ACK, a.type
        self.addr = a.yiaddr
        return a


def is_reply(f):
    return len(f) > 282 and f[12:14] == b"\x08\x00" and f[23] == 17 and f[34:36] == b"\0\x43" and f[42] == 2


RELAY = b"\x02\xee\0\0\0\1"
helpers = []


def row(name, *checks):
    """All of them must hold; the first that does not is told."""
    bad = [i + 1 for i, c in enumerate(checks) if not c]
    print("PASS" if not bad else "FAIL", name, "" if not bad else "(check %s)" % bad[0], flush=True)


def leases():
    with open(sys.argv[1], encoding="latin1") as f:
        return f.read()


def params(*codes):
    return (55, bytes(codes))


def group(a):
    return int.from_bytes(ip(a), "big")


def in_pool(addr):
    return group("10.97.0.100") <= group(addr) <= group("10.97.0.199")


def states():
    c = Client()
    o = c.offer([params(1, 3, 6, 51)], flags=0x8000)
    row("D1: OFFER", o.type == OFFER, in_pool(o.yiaddr), o.xid == c.xid, o.chaddr == c.mac,
        o.flags == 0x8000, o.giaddr == NONE, o.secs == 0, o.hops == 0, o.ciaddr == NONE,
        o.opts[54] == ip(SERVER), o.number(51) == 1800, not {50, 55, 57} & set(o.opts), not o.twice)
    o2, o3 = c.offer(), Client().offer()
    row("D3: the same offer again, to nobody else", o2.yiaddr == o.yiaddr, o3.yiaddr != o.yiaddr)
    asked = Client().offer([(50, ip("10.97.0.145"))])
    taken = Client().offer([(50, ip("10.97.0.145"))])
    outside = Client().offer([(50, ip("10.97.0.3"))])
    a = c.lease()
    r = c.offer([(50, ip("10.97.0.144"))])
    row("D2: own binding, then what is asked for, if free and in the pool",
        asked.yiaddr == "10.97.0.145", taken.yiaddr != "10.97.0.145", in_pool(taken.yiaddr),
        in_pool(outside.yiaddr), r.yiaddr == a.yiaddr)
    times = [Client().offer([(51, num(t))]).number(51) for t in (600, 0, 99999999, 5, 0xffffffff)]
    row("D4: the time asked for, within limits", times == [600, 1800, 7200, 60, 7200])
    row("D5: ACK, when it is on the disk", a.type == ACK, a.yiaddr == o.yiaddr,
        "lease %s {" % a.yiaddr in leases())
    d = Client()
    o = d.offer()
    quiet = d.silent(REQUEST, [(50, ip(o.yiaddr)), (54, ip("10.97.0.9"))])
    free = Client().offer([(50, ip(o.yiaddr))])
    row("D5: another server is chosen: silence, and the offer is free", quiet, free.yiaddr == o.yiaddr)
    d = Client()
    o = d.offer()
    row("D6: SELECTING another address than was offered: NAK", d.select("10.97.0.140").type == NAK)
    row("D6: SELECTING an address that is taken: NAK", Client().select(a.yiaddr).type == NAK)
    row("D7: INIT-REBOOT, right: ACK", c.ask(REQUEST, [(50, ip(c.addr))]).type == ACK)
    row("D7: INIT-REBOOT, another address: NAK", c.ask(REQUEST, [(50, ip("10.97.0.141"))]).type == NAK)
    row("D7: INIT-REBOOT, another network: NAK",
        c.ask(REQUEST, [(50, ip("192.0.2.7"))]).type == NAK,
        Client().ask(REQUEST, [(50, ip("192.0.2.7"))]).type == NAK)
    row("D7: INIT-REBOOT, unknown: silence", Client().silent(REQUEST, [(50, ip("10.97.0.142"))]))
    sure = Client("10.95.0.1").ask(REQUEST, [(50, ip("10.95.0.15"))])
    row("D7: INIT-REBOOT, unknown, authoritative: ACK", sure.type == ACK)
    n = c.ask(REQUEST, ciaddr=c.addr, dst=SERVER, to=server_mac)
    row("D8: RENEWING: ACK by unicast", n.type == ACK, n.to_ip == c.addr, n.dst == c.mac,
        n.ciaddr == c.addr, n.yiaddr == c.addr, n.number(51) == 1800)
    n = c.ask(REQUEST, ciaddr=c.addr)
    row("D9: REBINDING: ACK", n.type == ACK, n.to_ip == c.addr)
    row("D9: REBINDING, foreign subnet: silence, NAK if authoritative",
        Client().silent(REQUEST, ciaddr="192.0.2.7"),
        Client("10.95.0.1").ask(REQUEST, ciaddr="192.0.2.7").type == NAK)
    row("D9: REBINDING another's address: NAK", Client().ask(REQUEST, ciaddr=c.addr).type == NAK)


def ends():
    c, d = Client(), Client()
    c.lease()
    row("D11: DECLINE and RELEASE of another's are ignored",
        d.silent(DECLINE, [(50, ip(c.addr)), (54, ip(SERVER))]),
        d.silent(RELEASE, [(54, ip(SERVER))], ciaddr=c.addr),
        c.ask(REQUEST, ciaddr=c.addr).type == ACK)
    row("D10: DECLINE: no answer, not offered again",
        c.silent(DECLINE, [(50, ip(c.addr)), (54, ip(SERVER))]), "abandoned;" in leases(),
        c.offer([(50, ip(c.addr))]).yiaddr != c.addr, d.offer([(50, ip(c.addr))]).yiaddr != c.addr)
    c = Client()
    c.lease()
    row("D12: RELEASE: no answer, the client is remembered",
        c.silent(RELEASE, [(54, ip(SERVER))], ciaddr=c.addr, dst=SERVER, to=server_mac),
        c.offer().yiaddr == c.addr)
    i = Client().ask(INFORM, [params(6, 51, 3)], ciaddr="10.97.0.7")
    row("D13: INFORM", i.type == ACK, i.to_ip == "10.97.0.7", i.yiaddr == NONE,
        i.ciaddr == "10.97.0.7", not {51, 58, 59} & set(i.opts), i.order == [53, 54, 6, 1, 3])
    n = Client().ask(REQUEST, [(50, ip("192.0.2.7"))])
    r = Client("10.95.0.1").ask(REQUEST, [(50, ip("192.0.2.7"))])
    row("D14: NAK to all", n.type == NAK, n.to_ip == "255.255.255.255", n.dst == ALL,
        {n.yiaddr, n.ciaddr, n.siaddr} == {NONE}, set(n.opts) <= {53, 54, 56, 61})
    row("D14: NAK to a relay, that is to broadcast it", r.type == NAK, r.to_ip == "10.95.0.1",
        r.port == 67, r.flags & 0x8000)


def paths():
    r = Client("10.95.0.1").offer(hops=1)
    row("D15: by giaddr: pool and way back", r.to_ip == "10.95.0.1", r.port == 67,
        r.yiaddr.startswith("10.95.0."), r.giaddr == "10.95.0.1", r.hops == 0)
    row("D15: to where the relay's frame came from", r.dst == RELAY)
    row("D15: a relay of no subnet: silence", Client("198.51.100.1").silent(DISCOVER))
    two = [Client("10.96.0.1").lease() for _ in range(2)]
    row("D15: a shared network: its other subnet, with what that says",
        sorted(a.yiaddr for a in two) == ["10.96.0.10", "10.96.1.10"],
        all(a.opts[3] == ip(a.yiaddr)[:3] + b"\1" for a in two))
    link = Client("10.95.0.1").offer([(82, b"\5\4" + ip("10.93.0.0"))])
    sub = Client("10.95.0.1").offer([(118, ip("10.93.0.0"))])
    row("D15: RFC 3527 and RFC 3011 name the subnet", link.yiaddr[:8] == sub.yiaddr[:8] == "10.93.0.",
        link.to_ip == "10.95.0.1")
    own = Client().offer([(82, b"\5\4" + ip("10.93.0.0")), (118, ip("10.93.0.0"))])
    c = Client()
    c.lease()
    n = c.ask(REQUEST, ciaddr=c.addr)
    row("D16: with ciaddr: unicast to it", n.to_ip == c.addr, n.dst == c.mac)
    b, u = Client().offer(flags=0x8000), Client()
    o = u.offer()
    row("D17: by the flag: to all, or to its address", b.to_ip == "255.255.255.255", b.dst == ALL,
        o.to_ip == o.yiaddr, o.dst == u.mac)
    mac = Client().mac
    one, other = (Client(ident=i, mac=mac) for i in (b"\0one", b"\0two"))
    a, b = one.lease(), other.lease()
    row("D18: client identifier over hardware address", a.yiaddr != b.yiaddr,
        a.opts[61] == b"\0one", one.select("10.97.0.142").opts.get(61) == b"\0one",
        Client(ident=b"\0one").offer().yiaddr == a.yiaddr)
    r = Client("10.95.0.1").offer([(82, b"\1\4port\2\2me"), params(3, 6)])
    row("D22: option 82: back unchanged, and last", r.opts[82] == b"\1\4port\2\2me", r.order[-1] == 82)
    row("D22: from a client itself: neither back nor believed", 82 not in own.opts, in_pool(own.yiaddr))
    far = Client("10.95.0.1")
    far.lease()
    n = far.ask(REQUEST, ciaddr=far.addr, giaddr=NONE, dst=SERVER, to=server_mac, frame_mac=RELAY)
    row("D8: RENEWING past a relay: back by the router", n.type == ACK, n.dst == RELAY,
        n.to_ip == far.addr)


def options():
    o = Client().offer([params(28, 121, 6, 3, 1, 15, 200, 6)])
    rest = [x for x in o.order if x not in (53, 54, 51, 58, 59, 61)]
    row("D19: asked for, in order, once, none unknown", rest == [28, 121, 6, 1, 3, 15], not o.twice)
    o = Client().offer([params(3, 121)])
    row("D19: 121 before 3", o.order.index(121) < o.order.index(3))
    small = Client().offer([params(1, 3, 6, 43, 119, 17, 40)])
    big = Client().offer([params(1, 3, 6, 43, 119, 17, 40), (57, struct.pack("!H", 1400))])
    row("D20: 576 at most, what does not fit spills", len(small.raw) <= 548, small.number(52) > 0,
        len(small.opts[43]) == 200, len(small.opts[17]) == 100)
    row("D20: as large as the client takes, without spilling", 548 < len(big.raw) <= 1372,
        52 not in big.opts, small.opts[119] == big.opts[119])
    codes = (1, 3, 6, 12, 15, 26, 28, 42, 43, 44, 58, 59, 66, 67, 119, 121)
    all_of = Client(mac=b"\x02\xab\0\0\0\1").offer([params(*codes), (57, struct.pack("!H", 1400))])
    row("D21: the options there are", set(codes) | {51, 53, 54} <= set(all_of.opts))
    row("D21: T1 and T2 below the lease time", all_of.number(58) == 900, all_of.number(59) == 1575)
    name = Client().offer([(81, b"\5\0\0\3box\0"), params(81)])
    row("D21: FQDN: nobody changes the DNS", name.opts.get(81) == b"\x0e\xff\xff\3box\0")
    rom = [(60, b"PXEClient:Arch:00000"), (97, b"\0" + b"u" * 16), (93, b"\0\0"), params(1, 3)]
    p = Client(mac=b"\x02\xab\0\0\0\2").offer(rom)
    plain = Client().offer(rom)
    row("D21: PXE: class and machine come back when configured", p.opts.get(60) == b"PXEClient",
        p.opts.get(97) == b"\0" + b"u" * 16, p.siaddr == "10.97.0.2",
        p.file.rstrip(b"\0") == b"pxelinux.0", not {60, 97} & set(plain.opts))
    for_ever = Client("10.92.0.1").offer([(51, b"\xff" * 4)])
    row("D4: for ever, where that is allowed", for_ever.number(51) == 0xffffffff,
        not {58, 59} & set(for_ever.opts))


def odd():
    c = Client()
    bad = [dict(op=2), dict(hlen=0), dict(hlen=17), dict(hops=17), dict(cookie=b"abcd"),
           dict(tail=b"\x0c\xff\1"), dict(tail=b"\x0c"), dict(tail=b"\x32\3\1\2\3\xff"),
           dict(tail=b"\x34\1\1\xff", file=b"\x0c" + b"\xc0" * 127)]
    row("D23: malformed messages: silence", *(Client().silent(DISCOVER, **b) for b in bad))
    good = [dict(tail=b""), dict(tail=b"\0\0\x0c\0\xff\x0c\xff"),
            dict(tail=b"\x34\1\3\xff", file=b"\x34\1\3\xff", sname=b"\x34\1\3\xff")]
    row("D23: pads, no end, nothing in an option, overload in overload: served",
        *(Client().offer(**g) for g in good))
    row("D23: an option in pieces is one (RFC 3396)",
        {1, 6} <= set(Client().offer([params(1), params(6)]).opts))
    b = Client()
    row("D24: BOOTP: no address for who has none reserved", b.silent(0))
    r = Client(mac=b"\x02\xab\0\0\0\1").ask(0)
    row("D24: BOOTP: a reserved one, without DHCP's options", r.yiaddr == "10.97.0.77",
        not {51, 52, 53, 54, 58, 59} & set(r.opts), 3 in r.opts, len(r.raw) == 300)
    d = Client("10.93.0.1").ask(0)
    row("D24: BOOTP: of a pool for it, for ever", d.yiaddr.startswith("10.93.0."),
        "ends never" in leases())
    c = Client()
    a = c.ask(DISCOVER, [(80, b"")])
    row("RFC 4039: rapid commit: ACK at once, on the disk", a.type == ACK, 80 in a.opts,
        "lease %s {" % a.yiaddr in leases())


def arp(op, mac, spa, tpa, to=ALL):
    wire.send(to + mac + b"\x08\x06" + struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, op, mac, ip(spa),
                                                  bytes(6), ip(tpa)))


def wait_for_frame(test, limit=LIMIT):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        wire.settimeout(max(0.01, end - time.monotonic()))
        try:
            f = wire.recv(4096)
        except (socket.timeout, BlockingIOError):
            return None
        if test(f):
            return f
    return None


def probes():
    user = b"\x02\xcc\0\0\0\1"
    c = Client()
    c.say(DISCOVER, [(50, ip("10.97.0.200"))])
    q = wait_for_frame(lambda f: f[12:14] == b"\x08\x06" and f[20:22] == b"\0\1" and f[38:42] == ip("10.97.0.200"))
    busy = Client().offer()
    arp(2, user, "10.97.0.200", SERVER, server_mac)
    o = c.hear()
    row("D27: ARP before an offer; others do not wait; who answers keeps it", q, busy,
        o and o.yiaddr != "10.97.0.200", "abandoned;" in leases())
    d = Client()
    o = d.offer([(50, ip("10.97.0.201"))])
    d.select(o.yiaddr)
    start = time.monotonic()
    again = d.offer()
    row("D27: nobody answers: it is offered; its own is not asked for again",
        o.yiaddr == again.yiaddr == "10.97.0.201", time.monotonic() - start < 0.3)
    r = Client("10.94.0.1")
    r.say(DISCOVER)
    q = wait_for_frame(lambda f: f[12:14] == b"\x08\x00" and f[23] == 1 and f[34] == 8)
    used = socket.inet_ntoa(q[30:34])
    echo = b"\0" + q[35:36] + b"\xff\xff" + q[38:42]
    echo = echo[:2] + struct.pack("!H", csum(echo[:2] + b"\0\0" + echo[4:])) + echo[4:]
    wire.send(server_mac + RELAY + b"\x08\x00" + ip4(used, SERVER, 1, echo))
    o = r.hear()
    row("D27: behind a relay by ICMP echo, through the relay", q[:6] == RELAY,
        o and o.yiaddr.startswith("10.94.0.") and o.yiaddr != used)


def hostile():
    full = [Client("10.91.0.1") for _ in range(2)]
    for c in full:
        c.lease()
    row("D28: pool full: silence, and NAK as ever", Client("10.91.0.1").silent(DISCOVER),
        Client("10.91.0.1").select(full[0].addr).type == NAK, full[0].ask(REQUEST, ciaddr=full[0].addr).type == ACK)
    row("D29: a frame of another's: silence", Client().silent(DISCOVER, frame_mac=b"\x02\xdd\0\0\0\1"))
    c, n = Client(), 0
    for _ in range(400):
        c.say(DISCOVER)
        while c.hear(0.001):
            n += 1
    row("D29: one client floods: it is cut, others are served", n < 200, Client().offer())
    many = [Client(mac=b"\x02\xba\0\0\0\1", ident=b"\0%d" % i) for i in range(17)]
    row("D29: one hardware address holds so many, and no more", all(m.offer() for m in many[:16]),
        many[16].silent(DISCOVER), many[3].select(many[3].offer().yiaddr).type == ACK)
    before = len(leases())
    for _ in range(20):
        Client().offer()
    row("D29: offers are not written down", len(leases()) == before)
    me = b"\x02\xbb\0\0\0\1"
    answers = []
    for addr in SERVER, "10.97.0.253":
        arp(1, me, "10.97.0.9", addr)
        answers.append(wait_for_frame(lambda f, a=addr: f[12:14] == b"\x08\x06" and f[20:22] == b"\0\2" and f[28:32] == ip(a)))
    row("D30: ARP for each of its identifiers", all(answers))
    c = Client()
    c.lease()
    n = c.ask(REQUEST, ciaddr=c.addr, dst="10.97.0.253", to=server_mac)
    far = Client("10.95.0.1").offer()
    row("D31: a REQUEST to another of its identifiers", n.type == ACK, far.opts[54] == ip("10.97.0.253"))
    row("D31: what is for another server: silence",
        c.silent(REQUEST, ciaddr=c.addr, dst="10.97.0.50", to=server_mac))


def main():
    global server_mac
    first = Client()
    server_mac = first.offer().src
    for _ in range(4):
        helpers.append(Client())
        helpers[-1].lease()
    for part in states, ends, paths, options, odd, probes, hostile:
        try:
            part()
        except Exception as e:  # what comes behind it still counts
            print("FAIL", part.__name__, "ends early:", repr(e), "line",
                  e.__traceback__.tb_next.tb_lineno, flush=True)


server_mac = None
main()
