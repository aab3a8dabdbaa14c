#!/usr/bin/env python3
"""Verifies Sluice's audit logs and receipts without any of Sluice's code: the standard library alone.

usage: audit_verify.py --key KEY [--journal FOLDER | --records FILE] [--heads FILE]... [--receipt FILE]...
                       [--consistency FILE]...

KEY is the node's public key, 64 hex digits; it may be given again for keys of earlier master secrets.

--journal FOLDER    the node's own folder: SEQUENCE.log, tree, heads
--records FILE      exported records, one JSON line each, from record 0 on
--heads FILE        signed tree heads, one JSON line each, such as others gathered
--receipt FILE      {"record":TEXT,"sequence":N,"head":{...},"proof":[HASH,...]}
--consistency FILE  {"older":{head},"newer":{head},"proof":[HASH,...]}

Prints one line for each thing that is wrong, and ends with status 1 if there is any.
Sources: RFC 6962, section 2.1 (hashes), RFC 9162, section 2.1 (checking proofs), RFC 8032, section 5.1
(Ed25519), RFC 3720, appendix B.4 (CRC-32C).
"""
import argparse
import base64
import calendar
import hashlib
import json
import os
import re
import struct
import sys
import time

# Ed25519: points as (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def point_add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def point_equal(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P != 0:
        return None
    return P - x if (x & 1) != sign else x


def point_decompress(data):
    if len(data) != 32:
        return None
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def ed25519_verify(public_key, message, signature):
    if len(signature) != 64:
        return False
    a, r = point_decompress(public_key), point_decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    return point_equal(point_multiply(s, BASE), point_add(r, point_multiply(h, a)))


# The Merkle tree.
def leaf_hash(text):
    return hashlib.sha256(b"\0" + text).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class GrowingTree:
    """Gives the root after each leaf, and the hashes that the `tree` file has for it."""

    def __init__(self):
        self.size = 0
        self.subtrees = []

    def add(self, leaf):
        stored, n = [leaf], self.size
        while n & 1:
            stored.append(node_hash(self.subtrees.pop(), stored[-1]))
            n >>= 1
        self.subtrees.append(stored[-1])
        self.size += 1
        return stored

    def root(self):
        if not self.subtrees:
            return hashlib.sha256(b"").digest()
        root = self.subtrees[-1]
        for left in reversed(self.subtrees[:-1]):
            root = node_hash(left, root)
        return root


def inclusion_holds(leaf, number, size, root, proof):
    if not 0 <= number < size:
        return False
    fn, sn, r = number, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistency_holds(older, newer, proof):
    first, second = older["size"], newer["size"]
    if first > second:
        return False
    if first == 0:
        return not proof and older["root"] == hashlib.sha256(b"").digest()
    if first == second:
        return not proof and older["root"] == newer["root"]
    path = ([older["root"]] if first & (first - 1) == 0 else []) + proof
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == older["root"] and sr == newer["root"]


# What the files hold.
def read_head(value):
    head = {"node": value["node"], "size": int(value["size"]), "time": value["time"],
            "root": base64.b64decode(value["root"], validate=True),
            "signature": base64.b64decode(value["signature"], validate=True)}
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})Z", head["time"])
    seconds = calendar.timegm(time.strptime(found.group(1), "%Y-%m-%dT%H:%M:%S"))
    root = base64.b64encode(head["root"]).decode()
    head["text"] = (f"sluice audit tree v1\n{head['node']}\n{head['size']}\n{root}\n"
                    f"{seconds * 1000 + int(found.group(2))}\n").encode()
    return head


def is_signed(keys, head):
    return any(ed25519_verify(key, head["text"], head["signature"]) for key in keys)


CRC_TABLE = []
for crc_byte in range(256):
    crc_value = crc_byte
    for _ in range(8):
        crc_value = crc_value >> 1 ^ (0x82F63B78 if crc_value & 1 else 0)
    CRC_TABLE.append(crc_value)


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ CRC_TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def frames(data):
    """(text) of each whole frame; the last item is the number of bytes left that are none."""
    at = 0
    while at + 12 <= len(data):
        length, check = struct.unpack_from("<II", data, at)
        frame = data[at + 8:at + 12 + length]
        if length == 0 or len(frame) < 4 + length or crc32c(frame) != check:
            break
        yield frame[4:]
        at += 12 + length
    yield len(data) - at


def read_bytes(path):
    if not os.path.exists(path):
        return b""
    with open(path, "rb") as file:
        return file.read()


class Verifier:
    def __init__(self, keys):
        self.keys = keys
        self.findings = []
        self.heads = []

    def find(self, text):
        self.findings.append(text)

    def read_heads(self, path):
        for number, line in enumerate(read_bytes(path).split(b"\n")[:-1], 1):
            try:
                head = read_head(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                self.find(f"line {number} of {path} is no head")
                continue
            if is_signed(self.keys, head):
                self.heads.append(head)
            else:
                self.find(f"the head of {head['size']} records of {head['time']} is not signed by the node's key")

    def check_records(self, records, stored=b""):
        """records: (number it should have, its text or None if only the tree's word is left)."""
        tree, at, nodes, fitting = GrowingTree(), 0, {head["node"] for head in self.heads}, 0
        expected = sorted(self.heads, key=lambda head: head["size"])
        for number, text in records:
            while expected and expected[0]["size"] <= tree.size:
                fitting = self.check_head(expected.pop(0), tree, fitting)
            kept = stored[at:at + 32]
            if text is None and len(kept) < 32:
                self.find(f"record {number} is missing, and its hash in the tree")
                return
            if text is not None:
                nodes.add(self.check_text(number, text))
            leaf = kept if text is None else leaf_hash(text)
            if len(kept) == 32 and kept != leaf:
                self.find(f"record {number} was altered, or its hash in the tree was: they do not fit")
            hashes = tree.add(leaf)
            for i, hash_ in enumerate(hashes[1:], 1):
                kept = stored[at + 32 * i:at + 32 * (i + 1)]
                if len(kept) == 32 and kept != hash_:
                    self.find(f"the tree was altered: a hash over the records up to {number}")
            at += 32 * len(hashes)
        while expected and expected[0]["size"] <= tree.size:
            fitting = self.check_head(expected.pop(0), tree, fitting)
        if expected:
            self.find(f"records {tree.size} to {expected[-1]['size'] - 1} are missing at the end: "
                      f"a head of {expected[-1]['size']} records was signed at {expected[-1]['time']}")
        if len(nodes - {None}) > 1:
            self.find(f"records and heads are of several nodes: {sorted(nodes - {None})}")

    def check_head(self, head, tree, fitting):
        if head["size"] == tree.size and head["root"] == tree.root():
            return tree.size
        self.find(f"the first {head['size']} records are not those for which the head of {head['time']} was "
                  f"signed: from record {fitting} on, one or more were altered, removed or added")
        return fitting

    def check_text(self, number, text):
        try:
            record = json.loads(text)
            if record["seq"] != number:
                self.find(f"record {record['seq']} stands where record {number} should")
            return record["node"]
        except (ValueError, KeyError, TypeError):
            self.find(f"record {number} is none")
            return None

    def journal_records(self, folder):
        names = sorted(name for name in os.listdir(folder) if re.fullmatch(r"\d{20}\.log", name))
        firsts = [int(name[:20]) for name in names]
        number = 0
        for i, name in enumerate(names):
            if number < firsts[i]:
                if i > 0:
                    self.find(f"records {number} to {firsts[i] - 1} are missing")
                yield from ((n, None) for n in range(number, firsts[i]))
                number = firsts[i]
            end = firsts[i + 1] if i + 1 < len(names) else None
            for text in frames(read_bytes(os.path.join(folder, name))):
                if isinstance(text, int):
                    if text and end is None:
                        print(f"remark: {name} ends with {text} bytes that are no whole record")
                    break
                if number == end:
                    break
                yield number, text
                number += 1
            if end is not None and number < end:
                self.find(f"record {number} is damaged or missing in {name}, and those behind it")

    def check_receipt(self, path):
        try:
            receipt = json.loads(read_bytes(path))
            head, number, text = read_head(receipt["head"]), receipt["sequence"], receipt["record"].encode()
            record = json.loads(text)
            proof = [base64.b64decode(hash_, validate=True) for hash_ in receipt["proof"]]
        except (ValueError, KeyError, TypeError, AttributeError):
            return self.find(f"{path} is no receipt")
        if not is_signed(self.keys, head):
            self.find(f"{path}: the head is not signed by the node's key")
        if record.get("seq") != number or record.get("node") != head["node"]:
            self.find(f"{path}: the record is another one than the receipt says")
        if not inclusion_holds(leaf_hash(text), number, head["size"], head["root"], proof):
            self.find(f"{path}: the inclusion proof does not hold")

    def check_consistency(self, path):
        try:
            value = json.loads(read_bytes(path))
            older, newer = read_head(value["older"]), read_head(value["newer"])
            proof = [base64.b64decode(hash_, validate=True) for hash_ in value["proof"]]
        except (ValueError, KeyError, TypeError, AttributeError):
            return self.find(f"{path} is no consistency proof")
        for head in (older, newer):
            if not is_signed(self.keys, head):
                self.find(f"{path}: the head of {head['size']} records is not signed by the node's key")
        if older["node"] != newer["node"] or not consistency_holds(older, newer, proof):
            self.find(f"{path}: the consistency proof does not hold")


def main():
    parser = argparse.ArgumentParser(description="Verifies Sluice's audit logs and receipts.")
    parser.add_argument("--key", action="append", required=True, type=bytes.fromhex)
    parser.add_argument("--journal")
    parser.add_argument("--records")
    for name in ("--heads", "--receipt", "--consistency"):
        parser.add_argument(name, action="append", default=[])
    options = parser.parse_args()

    verifier = Verifier(options.key)
    if options.journal:
        verifier.read_heads(os.path.join(options.journal, "heads"))
    for path in options.heads:
        verifier.read_heads(path)
    if options.journal:
        verifier.check_records(verifier.journal_records(options.journal),
                               read_bytes(os.path.join(options.journal, "tree")))
    if options.records:
        verifier.check_records(enumerate(read_bytes(options.records).split(b"\n")[:-1]))
    for path in options.receipt:
        verifier.check_receipt(path)
    for path in options.consistency:
        verifier.check_consistency(path)
    for finding in verifier.findings:
        print(finding)
    print(f"audit_verify: {len(verifier.findings)} findings, {len(verifier.heads)} signed heads")
    return 1 if verifier.findings else 0


if __name__ == "__main__":
    sys.exit(main())
