#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets made by hand, and what comes late or at a time, for the rows of RFC
4787 and RFC 5508; runs in the Debian tree.

Each command prints its results, or serves for ever.
"""
import heapq
import random
import select
import socket
import struct
import sys
import time

# Its commands are commands here too.
from natd_probe import *  # noqa: F403
from natd_probe import LIMIT, ask, csum, echo_request, pattern, udp

PROTOS = {"icmp": 1, "tcp": 6, "udp": 17}


def raw():
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def sniffer(proto, addr="0.0.0.0"):
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, proto)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.bind((addr, 0))
    return s


def ip4(src, dst, proto, data, ident=0, frag=0, options=b"", tos=0, ttl=64):
    h = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, tos,
                    20 + len(options) + len(data), ident, frag, ttl, proto, 0,
                    socket.inet_aton(src), socket.inet_aton(dst)) + options
    return h[:10] + struct.pack("!H", csum(h)) + h[12:] + data


def udp_packet(src, sport, dst, dport, data):
    h = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
    pseudo = (socket.inet_aton(src) + socket.inet_aton(dst)
              + struct.pack("!HH", 17, len(h) + len(data)))
    return h[:6] + struct.pack("!H", csum(pseudo + h + data) or 0xffff) + data


# --- errors ----------------------------------------------------------------

def cmd_error_to(src, dst, what, proto, quote_src, sport, quote_dst, dport,
                 *flags):
    """An ICMP error TYPE/CODE of @src to @dst about a packet of ours; @sport is
    the id of an echo. Flags: bad-outer, bad-inner, bad-transport, options,
    extended, reply, rest=N, tos=N."""
    kind, code = (int(x) for x in what.split("/"))
    opts = dict(f.split("=") for f in flags if "=" in f)
    sport, dport, data = int(sport), int(dport), pattern(64)
    if proto == "icmp":
        inner = echo_request(sport, 1, data)
        if "reply" in flags:
            inner = b"\0" + inner[1:]
    elif proto == "udp":
        inner = udp_packet(quote_src, sport, quote_dst, dport, data)
    else:
        inner = struct.pack("!HHIIBBHHH", sport, dport, 1, 0, 80, 2, 0, 0, 0)
    if "bad-transport" in flags:
        at = {"icmp": 2, "udp": 6, "tcp": 16}[proto]
        inner = inner[:at] + b"\x12\x34" + inner[at + 2:]
    # No operation three times, and the end of the options.
    quote = ip4(quote_src, quote_dst, PROTOS[proto], inner,
                options=b"\1\1\1\0" if "options" in flags else b"")
    if "bad-inner" in flags:
        quote = quote[:10] + bytes([quote[10] ^ 255]) + quote[11:]
    rest = struct.pack("!I", int(opts.get("rest", 0)))
    if "extended" in flags:
        # RFC 4884: 128 bytes are quoted, then one object of class 1 (MPLS).
        quote = quote.ljust(128, b"\0")
        ext = struct.pack("!HBBI", 8, 1, 1, 0x12345678)
        head = b"\x20\0\0\0"
        ext = b"\x20\0" + struct.pack("!H", csum(head + ext)) + ext
        quote += ext
        rest = b"\0\x20" + rest[2:]
    msg = struct.pack("!BBH", kind, code, 0) + rest + quote
    msg = msg[:2] + struct.pack("!H", csum(msg)) + msg[4:]
    if "bad-outer" in flags:
        msg = msg[:2] + bytes([msg[2] ^ 255]) + msg[3:]
    raw().sendto(ip4(src, dst, 1, msg, tos=int(opts.get("tos", 0))), (dst, 0))


def cmd_hear(addr="0.0.0.0"):
    """Say which ICMP errors come, and what is in them."""
    s = sniffer(1, addr)
    print("ready", flush=True)
    while True:
        pkt, who = s.recvfrom(65535)
        icmp = pkt[(pkt[0] & 15) * 4:]
        kind, code, _, rest = struct.unpack("!BBHI", icmp[:8])
        if kind not in (3, 4, 5, 11, 12):
            if kind not in (0, 8):
                print("type", kind, "from", who[0], flush=True)
            continue
        inner = icmp[8:]
        hl = (inner[0] & 15) * 4
        a, b, ident, _ = struct.unpack("!HHHH", inner[hl:hl + 8])
        ends = socket.inet_ntoa(inner[12:16]), socket.inet_ntoa(inner[16:20])
        out = "%d/%d from %s rest %d tos %d about " % (kind, code, who[0], rest,
                                                       pkt[1])
        if inner[9] == 1:
            out += "icmp %s to %s type %d id %d" % (*ends, a >> 8, ident)
        else:
            out += "%d %s:%d to %s:%d" % (inner[9], ends[0], a, ends[1], b)
        if csum(icmp) or csum(inner[:hl]):
            out += " bad checksum"
        whole = hl + 8 + 64
        if inner[9] == 1 and len(inner) >= whole and csum(inner[hl:whole]):
            out += " bad echo checksum"
        if hl > 20:
            out += " options"
        if len(inner) == 140 and icmp[5] == 32:
            out += " extensions " + inner[128:].hex()
        print(out, flush=True)


# --- what comes late -------------------------------------------------------

def cmd_late(addr, *ports):
    """UDP: answer so many seconds later, as the datagram says."""
    socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in ports]
    for s, p in zip(socks, ports):
        s.bind((addr, int(p)))
    due = []
    print("ready", flush=True)
    while True:
        wait = max(0, due[0][0] - time.monotonic()) if due else None
        for s in select.select(socks, [], [], wait)[0]:
            data, who = s.recvfrom(100)
            print("%s:%d" % who, flush=True)
            for part in data.split():
                heapq.heappush(due, (time.monotonic() + float(part),
                                     socks.index(s), who, part))
        while due and due[0][0] <= time.monotonic():
            _, i, who, part = heapq.heappop(due)
            socks[i].sendto(part, who)


def cmd_wait_late(to, port, sport, delays, limit, again="0"):
    """Send once, or after @again seconds once more with nothing wanted; say
    which answers come within @limit."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("0.0.0.0", int(sport)))
    s.sendto(delays.replace(",", " ").encode(), (to, int(port)))
    print("sent", flush=True)
    got, end = [], time.monotonic() + float(limit)
    more = time.monotonic() + float(again)
    while (left := end - time.monotonic()) > 0:
        if float(again) and time.monotonic() >= more:
            s.sendto(b"", (to, int(port)))
            more = end + 1
        if select.select([s], [], [], min(left, 0.1))[0]:
            try:
                got.append(s.recv(100).decode())
            except OSError:
                pass
    print("got", *got, flush=True)


def cmd_late_echo(addr, *more):
    """ICMP: say who asks with which id; answer as late as the request says."""
    s = sniffer(1)
    due = []
    print("ready", flush=True)
    while True:
        wait = max(0, due[0][0] - time.monotonic()) if due else None
        if select.select([s], [], [], wait)[0]:
            pkt, who = s.recvfrom(65535)
            to, icmp = socket.inet_ntoa(pkt[16:20]), pkt[20:]
            if icmp[0] == 8 and to in (addr, *more):
                ident, = struct.unpack("!H", icmp[4:6])
                print("%s id %d to %s" % (who[0], ident, to), flush=True)
                for part in icmp[8:].split():
                    # Id and sequence number are those of the request.
                    msg = b"\0\0\0\0" + icmp[4:8] + part
                    msg = msg[:2] + struct.pack("!H", csum(msg)) + msg[4:]
                    heapq.heappush(due, (time.monotonic() + float(part),
                                         ip4(to, who[0], 1, msg), who[0]))
        while due and due[0][0] <= time.monotonic():
            _, pkt, who = heapq.heappop(due)
            raw().sendto(pkt, (who, 0))


def cmd_wait_echo(to, ident, delays, limit):
    """One echo request; say which answers come within @limit."""
    s = sniffer(1)
    data = delays.replace(",", " ").encode()
    s.sendto(echo_request(int(ident), 1, data), (to, 0))
    print("sent", flush=True)
    got, end = [], time.monotonic() + float(limit)
    while (left := end - time.monotonic()) > 0:
        if select.select([s], [], [], left)[0]:
            icmp = s.recv(65535)[20:]
            if icmp[0] == 0 and icmp[4:6] == struct.pack("!H", int(ident)):
                got.append(icmp[8:].decode())
    print("got", *got, flush=True)


def cmd_echo_reply(src, dst, ident, bad=""):
    """An answer that nobody has asked for; with a bad checksum if told so."""
    msg = struct.pack("!BBHHH", 0, 0, 0, int(ident), 1) + (bad or "good").encode()
    sum_ = csum(msg) ^ (255 if bad else 0)
    raw().sendto(ip4(src, dst, 1, msg[:2] + struct.pack("!H", sum_) + msg[4:]),
                 (dst, 0))


# --- fragments -------------------------------------------------------------

def fragments(src, dst, proto, data, ident, part=1400):
    part &= ~7
    return [ip4(src, dst, proto, data[at:at + part], ident,
                at // 8 | (0x2000 if at + part < len(data) else 0))
            for at in range(0, len(data), part)]


def cmd_fragments(src, sport, dst, dport, n, order="in-order"):
    """One datagram of n bytes in fragments, in an order of ours, and what comes
    back to a socket that has the port."""
    s = udp("0.0.0.0", int(sport))
    out = raw()
    for _ in range(20):
        parts = fragments(src, dst, 17, udp_packet(
            src, int(sport), dst, int(dport), pattern(int(n))),
            random.randrange(1, 65536))
        if order == "reversed":
            parts.reverse()
        for p in parts:
            out.sendto(p, (dst, 0))
        if select.select([s], [], [], LIMIT / 20)[0]:
            print(s.recv(65535).decode(errors="replace"))
            return
    print("nothing")


def cmd_fragments_in(src, sport, dst, dport, n, order, tries="1"):
    """As above, from the outside, where no answer is waited for."""
    out = raw()
    for i in range(int(tries)):
        parts = fragments(src, dst, 17, udp_packet(
            src, int(sport), dst, int(dport), pattern(int(n))), 1 + i)
        if order == "reversed":
            parts.reverse()
        for p in parts:
            out.sendto(p, (dst, 0))
        time.sleep(1 if int(tries) > 1 else 0)


def cmd_take(port, limit="60"):
    """Send one datagram's worth of mapping, then say what comes."""
    s = udp("0.0.0.0", int(port))
    s.settimeout(float(limit))
    print("ready", flush=True)
    try:
        data, who = s.recvfrom(65535)
        print("%d %s from %s:%d" % (len(data), "whole" if data == pattern(
            len(data)) else "other", *who), flush=True)
    except OSError:
        print("nothing", flush=True)


def cmd_orphans(src, dst, count):
    """First fragments of packets that are never complete."""
    out, data = raw(), udp_packet(src, 4000, dst, 4000, pattern(65000))[:1400]
    for i in range(int(count)):
        try:
            out.sendto(ip4(src, dst, 17, data, i % 65535 + 1,
                           0x2000 | (0 if i & 1 else 8000)), (dst, 0))
        except BlockingIOError:
            time.sleep(0.001)
    print("sent", count)


# --- many ------------------------------------------------------------------

def cmd_hundred(to, p1, p2, *taken):
    """A hundred ports, some of which the host has not: to two ports of a server
    each is seen alike; kept, or of the same parity (REQ-4, REQ-11)."""
    kept = other = bad = 0
    ports = random.sample(range(20000, 30000), 100 - len(taken))
    for port in ports + [int(t) for t in taken]:
        with udp("0.0.0.0", port) as s:
            a, b = (ask(s, (to, int(p)), b"x",
                        lambda d, who, p=int(p): who[1] == p)[0].split()[0]
                    for p in (p1, p2))
        ext = int(a.split(b":")[1])
        if a != b or ext % 2 != port % 2:
            bad += 1
            print("port", port, "is", a, b)
        elif ext == port:
            kept += 1
        else:
            other += 1
    print("kept", kept, "other", other, "bad", bad)


def cmd_flood(to, port, seconds):
    """Small datagrams to one port, as fast as Python can: about 100,000/s."""
    s = udp()
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        for _ in range(100):
            try:
                s.sendto(b"flood", (to, int(port)))
            except OSError:
                pass


def cmd_seen_ports(to, port, *ports):
    """Which ports of the host are a guest's own?"""
    for p in ports:
        with udp("0.0.0.0", int(p)) as s:
            print(ask(s, (to, int(port)), b"x")[0].split()[0].split(b":")[1]
                  .decode())


def cmd_fill_udp(to, port, count):
    """So many mappings of one guest; what is said to one more."""
    socks = []
    for i in range(int(count)):
        s = udp("0.0.0.0", 30000 + i)
        s.sendto(b"1", (to, int(port)))
        socks.append(s)
        if not i % 64:
            time.sleep(0.02)
    time.sleep(0.5)
    print(error_of(udp("0.0.0.0", 29999), (to, int(port)), b"1"))  # noqa: F405


def cmd_fill_echo(to, count):
    s = sniffer(1)
    for i in range(int(count)):
        s.sendto(echo_request(i, 1, b""), (to, 0))
        if not i % 64:
            time.sleep(0.02)
    time.sleep(0.5)


def cmd_closed_port(to, port, count):
    """So many datagrams to a port of the gateway where nobody is."""
    s = udp()
    for i in range(int(count)):
        try:
            s.sendto(b"x", (to, int(port)))
        except OSError:
            pass
    print("sent", count)


def cmd_count_errors(seconds):
    s, n = sniffer(1), 0
    print("ready", flush=True)
    end = time.monotonic() + float(seconds)
    while (left := end - time.monotonic()) > 0:
        if select.select([s], [], [], left)[0]:
            n += s.recv(65535)[20] == 3
    print("errors", n, flush=True)


def cmd_ip_ids(count, proto="17"):
    """How many of so many packets have an IP id that another has had? Without
    DF all must differ (RFC 6864)."""
    s, ids = sniffer(int(proto)), set()
    print("ready", flush=True)
    same, n, df = 0, 0, 0
    while n < int(count) and select.select([s], [], [], LIMIT)[0]:
        pkt = s.recv(65535)
        ident, frag = struct.unpack("!HH", pkt[4:8])
        n += 1
        df += bool(frag & 0x4000)
        same += ident in ids
        ids.add(ident)
    print("packets", n, "with DF", df, "with an id twice", same, flush=True)


def cmd_send_some(to, port, count, sport="0"):
    s = udp("0.0.0.0", int(sport))
    for _ in range(int(count)):
        s.sendto(b"want 10", (to, int(port)))
        time.sleep(0.002)


def cmd_raw_type(to, kind):
    """An ICMP message of a type that is no echo and no error."""
    msg = struct.pack("!BBHHH", int(kind), 0, 0, 9, 1) + bytes(12)
    raw_icmp = sniffer(1)
    raw_icmp.sendto(msg[:2] + struct.pack("!H", csum(msg)) + msg[4:], (to, 0))


def cmd_say(src, sport, to, port, text):
    udp(src, int(sport)).sendto(text.encode(), (to, int(port)))


if __name__ == "__main__":
    globals()["cmd_" + sys.argv[1].replace("-", "_")](*sys.argv[2:])
