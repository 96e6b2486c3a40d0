#!/usr/bin/env python3
"""Verifies a Mingcheng evidence file (.mcx) with nothing but Python 3.8 or later.

    python3 verify.py evidence.mcx --keys keys.json [--lang zh|en] [--json] [--openssl] [--jobs N]

keys.json is {"gateway": <public key>, "centre": <public key>}, each 64 hexadecimal digits, got by another way than the file.
Exit code 0: everything holds. 1: something does not; the first place where it does not is printed. 2: it could not be tried.

This program was written from docs/evidence-format.md alone and shares no code with the other verifier. It reads the file
once, line by line, and sends nothing anywhere. Ed25519 is written out below from RFC 8032, with tables of multiples for the
few keys that seal many records; files with many seals use every core. With --openssl every signature is verified a second
time by the system's `openssl`, slowly, and the two must agree.
"""

import argparse
import base64
import hashlib
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile

MAX_RECORD = 65536
MAX_LINE = 64 * 1024 * 1024
MAX_SEQ = 2**53 - 1

# ---------------------------------------------------------------- Ed25519, RFC 8032 section 5.1

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
ZERO = (0, 1, 1, 0)  # X, Y, Z, T with x = X/Z, y = Y/Z, x*y = T/Z


def point_add(a, b):
    """RFC 8032 section 5.1.4."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return (i * j % P, k * m % P, j * k % P, i * m % P)


def point_decode(octets):
    """RFC 8032 section 5.1.3. None if these octets are no point."""
    y = int.from_bytes(octets, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P != 0:
        if (v * x * x + u) % P != 0:
            return None
        x = x * ROOT % P
    if x == 0 and sign == 1:
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def point_encode(a):
    inverse = pow(a[2], P - 2, P)
    x, y = a[0] * inverse % P, a[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def normalised(points):
    """(y+x, y-x, 2dxy) of each point, with one inversion for all (Montgomery's trick)."""
    products = [1]
    for point in points:
        products.append(products[-1] * point[2] % P)
    inverse, row = pow(products[-1], P - 2, P), []
    for point, product in zip(reversed(points), reversed(products[:-1])):
        z, inverse = inverse * product % P, inverse * point[2] % P
        x, y = point[0] * z % P, point[1] * z % P
        row.append(((y + x) % P, (y - x) % P, 2 * D * x * y % P))
    return row[::-1]


class Comb:
    """Multiples of one point, d * 2**(bits*i), so that a multiple of it is a sum of table entries and nothing is doubled."""

    def __init__(self, point, bits):
        self.bits, self.rows = bits, []
        for _ in range(-(-256 // bits)):
            row = [point]
            for _ in range(2**bits - 2):
                row.append(point_add(row[-1], point))
            point = point_add(row[-1], point)
            self.rows.append(normalised(row))

    def add(self, total, scalar):
        """total + scalar * point, with additions of RFC 8032 section 5.1.4 where Z2 is 1."""
        x, y, z, t = total
        mask, bits = 2**self.bits - 1, self.bits
        for row in self.rows:
            digit = scalar & mask
            scalar >>= bits
            if digit:
                plus, minus, twisted = row[digit - 1]
                a, b, c, d = (y - x) * minus % P, (y + x) * plus % P, t * twisted % P, 2 * z
                e, f, g, h = b - a, d - c, d + c, b + a
                x, y, z, t = e * f % P, g * h % P, f * g % P, e * h % P
        return (x, y, z, t)


BASE_POINT = point_decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
SMALL, LARGE, MANY = 4, 8, 400  # bits of a table's digits: few signatures, and from so many on
BASE = {}


def base_comb(bits):
    if bits not in BASE:
        BASE[bits] = Comb(BASE_POINT, bits)
    return BASE[bits]


class PublicKey:
    """A public key with what verifying under it needs again and again."""

    def __init__(self, octets):
        self.octets = octets
        self.kid = hashlib.sha256(octets).hexdigest()[:16]
        point = point_decode(octets)
        self.minus = None if point is None else (P - point[0], point[1], 1, P - point[3])
        self.comb, self.uses = None, 0

    def table(self):
        self.uses += 1
        if self.comb is None or (self.uses > MANY and self.comb.bits == SMALL):
            self.comb = Comb(self.minus, LARGE if self.uses > MANY else SMALL)
        return self.comb

    def verifies(self, signature, message):
        """RFC 8032 section 5.1.7: S is below L, and R is, octet for octet, S*B - k*A."""
        scalar = int.from_bytes(signature[32:], "little")
        if self.minus is None or len(signature) != 64 or scalar >= L:
            return False
        k = int.from_bytes(hashlib.sha512(signature[:32] + self.octets + message).digest(), "little") % L
        comb = self.table()
        return point_encode(comb.add(base_comb(comb.bits).add(ZERO, scalar), k)) == signature[:32]


KEYS = {}


def key_of(octets):
    """The same key is the same object, with its tables, however often it is met."""
    if octets not in KEYS:
        KEYS[octets] = PublicKey(octets)
    return KEYS[octets]


class OpensslToo:
    """The same question put to the system's `openssl`; a difference between the two answers ends the program."""

    PREFIX = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: SubjectPublicKeyInfo of Ed25519, in front of the key

    def __init__(self, directory):
        self.directory = directory

    def write(self, name, octets):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as file:
            file.write(octets)
        return path

    def verifies(self, key, signature, message):
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER"]
        command += ["-inkey", self.write("key", self.PREFIX + key.octets)]
        command += ["-in", self.write("message", message), "-sigfile", self.write("signature", signature)]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


# ---------------------------------------------------------------- many signatures


def first_bad(checks):
    """The index of the first signature that does not hold, or None. Runs in every process."""
    for index, (key, signature, message) in enumerate(checks):
        if not key_of(key).verifies(signature, message):
            return index
    return None


class Signatures:
    """
    Signatures in the order of the file. Few are verified at once; many in blocks, by as many processes as there are cores,
    while this one reads on. `bad` is the fault of the first one that does not hold. At most BLOCKS blocks are held.
    """

    BLOCK, BLOCKS = 128, 64

    def __init__(self, jobs, openssl=None):
        self.jobs, self.openssl, self.pool = jobs, openssl, None
        self.open, self.faults, self.under_way, self.bad, self.taken = [], [], [], None, 0

    def take(self, key, signature, message, fault):
        if self.bad is not None:
            return
        if self.openssl is not None and self.openssl.verifies(key, signature, message) != key.verifies(signature, message):
            raise ValueError("Ed25519 of this program and of openssl differ / 本程序与 openssl 的 Ed25519 结果不一致")
        self.open.append((key.octets, signature, message))
        self.faults.append(fault)
        self.taken += 1
        if len(self.open) == self.BLOCK:
            self.close()

    def close(self):
        checks, faults, self.open, self.faults = self.open, self.faults, [], []
        # Starting processes takes longer than a few hundred signatures do.
        if self.pool is None and self.jobs > 1 and self.taken > 4 * self.BLOCK:
            self.pool = multiprocessing.Pool(self.jobs)
        if self.pool is None:
            self.settle(first_bad(checks), faults)
        else:
            self.under_way.append((self.pool.apply_async(first_bad, (checks,)), faults))
            self.fall_to(self.BLOCKS)

    def fall_to(self, most):
        while len(self.under_way) > most or (self.under_way and self.under_way[0][0].ready()):
            answer, faults = self.under_way.pop(0)
            self.settle(answer.get(), faults)

    def settle(self, index, faults):
        if index is not None and self.bad is None:
            self.bad = faults[index]

    def finish(self):
        """Raises the fault of the first signature that does not hold."""
        self.close()
        self.fall_to(0)
        if self.bad is not None:
            raise self.bad

    def end(self):
        if self.pool is not None:
            self.pool.terminate()


# ---------------------------------------------------------------- what the page calls notation


def u64(number):
    return number.to_bytes(8, "big")


def lp(text):
    octets = text.encode("utf-8")
    return len(octets).to_bytes(2, "big") + octets


def sha256(octets):
    return hashlib.sha256(octets).digest()


class Fault(Exception):
    """The first thing that does not hold: span and sequence (None where there is none), English, Chinese."""

    def __init__(self, span, seq, en, zh):
        super().__init__(en)
        self.span, self.seq, self.en, self.zh = span, seq, en, zh


GATEWAY = re.compile("[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
SIGNATURE = rb"[A-Za-z0-9+/]{86}=="
MANIFEST_SIGNATURE = re.compile(rb'\{"kid":"([0-9a-f]{16})","sig":"(' + SIGNATURE + rb')"\}')
WALL = rb"[ !#-\[\]-~]{1,64}"
SEAL = re.compile(
    rb'S \{"seq":([1-9]\d{0,15}),"wall":"(' + WALL + rb')","kid":"([0-9a-f]{16})","sig":"(' + SIGNATURE + rb')"\}'
)
DIGEST = re.compile(rb"D ([0-9a-f]{64})")


def signature_of(text):
    """The 64 octets, None where other text would stand for the same octets."""
    octets = base64.b64decode(text)
    return octets if base64.b64encode(octets) == text else None


def no_constant(name):
    raise ValueError(name + " is not JSON")


def json_object(octets):
    """A JSON object (RFC 8259) in UTF-8, or None."""
    try:
        value = json.loads(octets.decode("utf-8"), parse_constant=no_constant)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


# ---------------------------------------------------------------- the manifest


def whole(value, least):
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_SEQ:
        raise ValueError("a whole number is expected")
    return value


def hexadecimal(value, digits):
    if not isinstance(value, str) or re.fullmatch("[0-9a-f]{%d}" % digits, value) is None:
        raise ValueError("%d hexadecimal digits are expected" % digits)
    return value


class Span:
    def __init__(self, entry):
        self.ep, self.eid = whole(entry["ep"], 1), hexadecimal(entry["eid"], 32)
        self.first, self.last = whole(entry["from"], 1), whole(entry["to"], 1)
        self.prev, self.h = hexadecimal(entry["prev"], 64), hexadecimal(entry["h"], 64)
        self.seals = hexadecimal(entry["seals"], 64)
        self.withheld = [(whole(a, 1), whole(b, 1)) for a, b in entry["withheld"]]
        if self.first > self.last:
            raise ValueError("a span ends before it begins")


class Manifest:
    def __init__(self, body):
        if body["v"] != 1 or body["format"] != "mingcheng-evidence" or not isinstance(body["gw"], str):
            raise ValueError("this is not the manifest of an evidence file of version 1")
        self.gw, self.as_of, self.records = body["gw"], body["asOf"], whole(body["records"], 0)
        self.spans = [Span(entry) for entry in body["spans"]]
        self.gaps = len(body["gaps"])
        self.keys = {}
        self.revoked = {}
        self.rotations = {}
        for entry in body["keys"]:
            key = key_of(bytes.fromhex(hexadecimal(entry["publicKey"], 64)))
            if key.kid != entry["kid"] or key.kid in self.keys:
                raise ValueError("key %s stands under another key's id, or twice" % key.kid)
            self.keys[key.kid] = key
            if entry.get("rotation") is not None:
                self.rotations[key.kid] = entry["rotation"]
            place = entry["revokedFrom"]
            if place is not None:
                self.revoked[key.kid] = (whole(place["ep"], 1), hexadecimal(place["eid"], 32), whole(place["seq"], 1))

    def is_revoked(self, kid, span, seq):
        if kid not in self.revoked:
            return False
        ep, eid, first = self.revoked[kid]
        return span.ep == ep and span.eid == eid and seq >= first


ROTATION = {"v", "old", "publicKey", "at"}


def read_rotation(manifest, kid, statement, signatures):
    """The key that a rotation statement replaces. Raises ValueError where the statement is none."""
    parts = statement.encode("utf-8").split(b"\n")
    body = json_object(parts[0])
    if len(parts) != 4 or parts[3] != b"" or body is None or set(body) != ROTATION or body["v"] != 1:
        raise ValueError("a rotation statement has another form")
    if not isinstance(body["at"], str) or len(body["at"]) > 64 or isinstance(body["v"], bool):
        raise ValueError("a rotation statement has another form")
    if hexadecimal(body["publicKey"], 64) != manifest.keys[kid].octets.hex() or body["old"] not in manifest.keys:
        raise ValueError("a rotation statement is about other keys")
    message = b"mc-rotation-v1\0" + lp(manifest.gw) + parts[0]
    fault = Fault(None, None, "a rotation statement is not signed by both keys", "换钥声明未由新旧两个密钥签署")
    for line, signer in ((parts[1], body["old"]), (parts[2], kid)):
        match = MANIFEST_SIGNATURE.fullmatch(line)
        signature = match and signature_of(match.group(2))
        if not signature or match.group(1).decode() != signer:
            raise ValueError("a rotation statement is signed by other keys")
        signatures.take(manifest.keys[signer], signature, message, fault)
    return body["old"]


def vouched_keys(pinned, replaced):
    """The pinned key, and every key that statements join with it, in either direction."""
    joined, before = {pinned}, 0
    while before < len(joined):
        before = len(joined)
        for new, old in replaced.items():
            if new in joined or old in joined:
                joined |= {new, old}
    return joined


def read_manifest(line, signature_line, pins, signatures):
    bad = lambda en, zh: Fault(None, None, en, zh)
    match = MANIFEST_SIGNATURE.fullmatch(signature_line)
    signature = match and signature_of(match.group(2))
    if not signature:
        raise bad("line 2 is not a signature in its one form", "第 2 行不是规定格式的签名")
    if match.group(1).decode() != pins["centre"].kid:
        raise bad("the manifest is not signed by the pinned key of the centre", "清单不是由指定的中心密钥签署")
    body = json_object(line)
    if body is None or GATEWAY.fullmatch(str(body.get("gw"))) is None:
        raise bad("line 1 is not a manifest", "第 1 行不是清单")
    fault = bad("the signature of the manifest does not verify", "清单签名不成立")
    signatures.take(pins["centre"], signature, b"mc-manifest-v1\0" + lp(body["gw"]) + line, fault)
    try:
        manifest = Manifest(body)
        replaced = {kid: read_rotation(manifest, kid, text, signatures) for kid, text in manifest.rotations.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise bad("the manifest does not hold: %s" % error, "清单不成立：%s" % error) from error
    if pins["gateway"].kid not in manifest.keys:
        raise bad("the pinned key of the gateway is not in the key history", "密钥历史中没有指定的网关密钥")
    manifest.vouched = vouched_keys(pins["gateway"].kid, replaced)
    return manifest


# ---------------------------------------------------------------- the spans


class SpanReader:
    """One span: what the next line must be, from `P` to the last seal."""

    def __init__(self, manifest, index, signatures):
        self.manifest, self.index, self.signatures = manifest, index, signatures
        self.span = manifest.spans[index]
        self.seq = self.span.first - 1  # of the newest record
        self.h = bytes.fromhex(self.span.prev)
        self.sealed, self.seals = 0, bytes(32)  # the newest seal's place; all of them
        # What every record of this span begins with, up to its own number.
        names = json.dumps({"gw": manifest.gw, "ep": self.span.ep, "eid": self.span.eid}, separators=(",", ":"))
        self.names = re.compile(rb'\{"v":\d{1,4},%s,"seq":(\d+),"' % re.escape(names[1:-1].encode()))
        self.seal_count, self.unvouched_count, self.withheld_count, self.range = 0, 0, 0, 0
        if self.span.first == 1:
            start = sha256(b"mc-chain-v1\0" + lp(manifest.gw) + u64(self.span.ep) + bytes.fromhex(self.span.eid))
            if self.h != start:
                raise self.fault(1, "the line does not begin at its start", "数据线不是从起点开始")

    def fault(self, seq, en, zh):
        return Fault(self.index, seq, en, zh)

    def next_place(self):
        """Where the next line belongs if it is no seal."""
        return min(self.seq + 1, self.span.last)

    def withheld_at(self, seq):
        ranges = self.span.withheld
        while self.range < len(ranges) and ranges[self.range][1] < seq:
            self.range += 1
        return self.range < len(ranges) and ranges[self.range][0] <= seq

    def take(self, line):
        if line.startswith(b"S "):
            self.take_seal(line)
        elif line.startswith(b"R ") and self.seq < self.span.last:
            self.take_record(line[2:])
        elif line.startswith(b"D ") and self.seq < self.span.last:
            self.take_digest(line)
        else:
            raise self.fault(self.next_place(), "this line has no place here", "此处不应有这一行")

    def move_on(self, digest):
        self.seq += 1
        self.h = sha256(b"\x01" + self.h + digest)

    def take_record(self, octets):
        seq = self.seq + 1
        if self.withheld_at(seq):
            raise self.fault(seq, "a record stands where the manifest says withheld", "清单注明隐去之处却有记录原文")
        match = self.names.match(octets) if len(octets) <= MAX_RECORD else None
        if match is None or match.group(1) != b"%d" % seq:
            raise self.fault(seq, "the record names another place", "记录注明的位置与此处不符")
        self.move_on(sha256(octets))

    def take_digest(self, line):
        seq, match = self.seq + 1, DIGEST.fullmatch(line)
        if match is None:
            raise self.fault(seq, "this is not a digest in its one form", "不是规定格式的摘要")
        if not self.withheld_at(seq):
            raise self.fault(seq, "a digest stands where nothing is withheld", "未注明隐去之处只有摘要")
        self.withheld_count += 1
        self.move_on(bytes.fromhex(match.group(1).decode()))

    def take_seal(self, line):
        seq, match = max(self.seq, self.span.first), SEAL.fullmatch(line)
        signature = match and signature_of(match.group(4))
        if not signature:
            raise self.fault(seq, "this is not a seal in its one form", "不是规定格式的封签")
        if int(match.group(1)) > self.seq:
            raise self.fault(self.next_place(), "a record in front of this seal is missing", "这个封签之前缺少记录")
        if int(match.group(1)) < self.seq or self.seq < self.span.first:
            raise self.fault(seq, "the seal is over another place", "封签所封的是别处")
        if self.sealed == self.seq:
            raise self.fault(seq, "a second seal over one record", "同一条记录出现两个封签")
        kid, wall = match.group(3).decode(), match.group(2).decode()
        key = self.manifest.keys.get(kid)
        if key is None:
            raise self.fault(seq, "the seal's key is not in the key history", "封签所用密钥不在密钥历史中")
        if self.manifest.is_revoked(kid, self.span, seq):
            raise self.fault(seq, "the seal's key is revoked here", "封签所用密钥在此处已被吊销")
        message = b"mc-seal-v1\0" + lp(self.manifest.gw) + u64(self.span.ep) + bytes.fromhex(self.span.eid)
        message += u64(self.seq) + self.h + lp(wall) + lp(kid)
        fault = self.fault(
            seq,
            "the seal does not verify: something since the seal before it was changed, added or left out",
            "封签不成立：自上一封签以来有内容被改动、增加或删除",
        )
        self.signatures.take(key, signature, message, fault)
        self.sealed, self.seals = self.seq, sha256(self.seals + line)
        self.seal_count += 1
        self.unvouched_count += kid not in self.manifest.vouched

    def end(self):
        last = self.span.last
        if self.seq < last:
            raise self.fault(self.seq + 1, "this record is missing", "缺少这条记录")
        if self.h.hex() != self.span.h:
            raise self.fault(last, "the chain ends elsewhere than the manifest says", "链的终点与清单不符")
        if self.sealed != last:
            raise self.fault(last, "the last record of the span is not sealed", "本段最后一条记录没有封签")
        if self.seals.hex() != self.span.seals:
            raise self.fault(last, "seals of this span are missing, added or exchanged", "本段的封签有缺少、增加或调换")


def lines_of(file):
    """Lines without their line feed; None at the end for one that has none or is too long."""
    while True:
        line = file.readline(MAX_LINE)
        if not line:
            return
        if not line.endswith(b"\n"):
            yield None
            return
        yield line[:-1]


def verify(file, pins, signatures):
    """What was verified. Raises Fault at the first thing that does not hold, in the order of the file."""
    try:
        report = verify_lines(file, pins, signatures)
    except Fault:
        # A signature in front of this fault comes first.
        signatures.finish()
        raise
    signatures.finish()
    return report


def verify_lines(file, pins, signatures):
    """Everything but what the signatures say: these are taken down."""
    lines = lines_of(file)
    first, second = next(lines, None), next(lines, None)
    if first is None or second is None:
        raise Fault(None, None, "the file has no manifest", "文件没有清单")
    manifest = read_manifest(first, second, pins, signatures)
    done, reader = 0, None
    report = {"records": 0, "withheld": 0, "seals": 0, "unvouched": 0}

    def close():
        reader.end()
        report["records"] += reader.span.last - reader.span.first + 1
        report["withheld"] += reader.withheld_count
        report["seals"] += reader.seal_count
        report["unvouched"] += reader.unvouched_count

    for line in lines:
        if signatures.bad is not None:
            raise signatures.bad
        if reader is not None and (line is None or not line.startswith(b"P ")):
            if line is None:
                raise reader.fault(reader.next_place(), "a line is cut off or too long", "有一行被截断或过长")
            reader.take(line)
            continue
        if reader is not None:
            close()
            done, reader = done + 1, None
        if done == len(manifest.spans):
            raise Fault(None, None, "more stands here than the manifest names", "内容多于清单所列")
        if line != b"P %d" % done:
            raise Fault(done, None, "the span does not begin here", "此处不是该段的开始")
        reader = SpanReader(manifest, done, signatures)
    if reader is not None:
        close()
        done += 1
    if done < len(manifest.spans):
        raise Fault(done, None, "the span is missing", "缺少该段")
    if report["records"] != manifest.records:
        raise Fault(None, None, "the number of records is not the manifest's", "记录条数与清单不符")
    return {"gw": manifest.gw, "asOf": manifest.as_of, "spans": done, **report, "gaps": manifest.gaps}


# ---------------------------------------------------------------- the command


def read_pins(path):
    with open(path, encoding="utf-8") as file:
        pins = json.load(file)
    return {name: key_of(bytes.fromhex(hexadecimal(pins[name], 64))) for name in ("gateway", "centre")}


def say(report, language, as_json, name):
    zh = language == "zh"
    if name and not as_json:
        print(name, end=": ")
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
    elif report["ok"]:
        text = (
            "通过：网关 {gw}，截至 {asOf}，{records} 条记录（其中 {withheld} 条仅有摘要），{spans} 段，{seals} 个封签"
            "（其中 {unvouched} 个所用密钥仅由中心担保）；清单列明缺口 {gaps} 处"
            if zh
            else "good: gateway {gw}, as of {asOf}, {records} records ({withheld} by digest only), "
            "{spans} spans, {seals} seals ({unvouched} by keys on the centre's word alone); the manifest names {gaps} gaps"
        )
        print(text.format(**report))
    else:
        span, seq = report["span"], report["seq"]
        place = ("文件头" if zh else "the manifest or the whole file") if span is None else ""
        if span is not None:
            place = ("第 %d 段" if zh else "span %d") % span
            place += "" if seq is None else ("，序号 %d" if zh else ", record %d") % seq
        reason = report["reason"]["zh" if zh else "en"]
        print("不通过：%s：%s" % (place, reason) if zh else "not good: %s: %s" % (place, reason))


def report_of(path, pins, signatures):
    try:
        with open(path, "rb", buffering=1 << 20) as file:
            return {"ok": True, **verify(file, pins, signatures)}
    except Fault as fault:
        return {"ok": False, "span": fault.span, "seq": fault.seq, "reason": {"en": fault.en, "zh": fault.zh}}
    finally:
        signatures.end()


def main():
    language = "zh" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("zh") else "en"
    parser = argparse.ArgumentParser(description="核验明秤证据文件 / verify Mingcheng evidence files")
    parser.add_argument("files", nargs="+", metavar="file", help="证据文件 / evidence file (.mcx)")
    parser.add_argument("--keys", required=True, help='{"gateway": …, "centre": …}')
    parser.add_argument("--lang", choices=["zh", "en"], default=language)
    parser.add_argument("--json", action="store_true", help="每个文件输出一行 JSON / a line of JSON per file")
    parser.add_argument("--openssl", action="store_true", help="同时用 openssl 核验签名 / openssl verifies signatures, too")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="进程数 / processes that verify signatures")
    options = parser.parse_args()
    good = True
    try:
        pins = read_pins(options.keys)
        with tempfile.TemporaryDirectory() as directory:
            for path in options.files:
                openssl = OpensslToo(directory) if options.openssl else None
                report = report_of(path, pins, Signatures(options.jobs, openssl))
                good = good and report["ok"]
                say(report, options.lang, options.json, path if len(options.files) > 1 else "")
    except (OSError, ValueError, KeyError, TypeError) as error:
        print("无法核验 / could not be tried: %s" % error, file=sys.stderr)
        return 2
    return 0 if good else 1


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main())
