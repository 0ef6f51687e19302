#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes down each DHCP message that enters a bridge, one line each, and those
that leave by its port "hole", which are lost; runs in the Debian tree.

	PORT SOURCE>DESTINATION MAC>MAC TYPE KEY=VALUE...
"""
import socket
import struct

KINDS = ["BOOTP", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"]
# Options that are said, and how.
ADDRESS, NUMBER, TEXT, HEX = range(4)
SHOWN = {3: ("router", ADDRESS), 6: ("dns", ADDRESS), 12: ("host", TEXT), 15: ("domain", TEXT),
         26: ("mtu", NUMBER), 50: ("want", ADDRESS), 51: ("lease", NUMBER),
         54: ("server", ADDRESS), 55: ("list", HEX), 58: ("t1", NUMBER), 59: ("t2", NUMBER),
         60: ("class", TEXT), 61: ("id", HEX), 66: ("tftp", TEXT), 67: ("boot", TEXT),
         80: ("rapid", HEX), 121: ("routes", HEX), 249: ("msroutes", HEX)}


def value(data, kind):
    if kind == ADDRESS and len(data) >= 4:
        return socket.inet_ntoa(data[:4])
    if kind == NUMBER:
        return str(int.from_bytes(data, "big"))
    if kind == TEXT:
        return data.decode("ascii", "backslashreplace").replace(" ", "_")
    return data.hex() or "yes"


def options(data):
    out, at = {}, 0
    while at + 1 < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        out[data[at]] = data[at + 2:at + 2 + data[at + 1]]
        at += 2 + data[at + 1]
    return out


def message(m):
    """What is in a message, as text."""
    opts = options(m[240:])
    kind = opts.get(53, b"\0")[0]
    out = [KINDS[kind] if kind < len(KINDS) else str(kind), "xid=" + m[4:8].hex(),
           "broadcast=%d" % (m[10] >> 7)]
    for name, at in ("ciaddr", 12), ("yiaddr", 16), ("siaddr", 20):
        if any(m[at:at + 4]):
            out.append(name + "=" + socket.inet_ntoa(m[at:at + 4]))
    out.append("chaddr=" + m[28:34].hex(":"))
    name = m[108:236].split(b"\0")[0]
    if name:
        out.append("file=" + value(name, TEXT))
    out += [SHOWN[o][0] + "=" + value(opts[o], SHOWN[o][1]) for o in opts if o in SHOWN]
    return " ".join(out)


def dhcp(frame):
    """The line of a frame, or None when it is something else."""
    if len(frame) < 34 or frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_UDP:
        return None
    udp = 14 + (frame[14] & 15) * 4
    src, dst = struct.unpack_from("!HH", frame, udp)
    if not {src, dst} & {67, 68} or len(frame) < udp + 8 + 240:
        return None
    return "%s>%s %s>%s %s" % (
        socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34]),
        frame[6:12].hex(":"), frame[0:6].hex(":"), message(frame[udp + 8:]))


def main():
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    print("ready", flush=True)
    while True:
        frame, (port, _, way, _, _) = s.recvfrom(65536)
        if port in ("br0", "nowhere") or (way == socket.PACKET_OUTGOING) != (port == "hole"):
            continue
        # What is for everybody has been told already.
        if port == "hole" and frame[0] & 1:
            continue
        line = dhcp(frame)
        if line:
            print(port, line, flush=True)


main()
