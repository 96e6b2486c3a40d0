import {
  type BatchHeader,
  encodeBatch,
  encodeRotation,
  encodeSigned,
  keyLogHead,
  rotationOctets,
  type SignedTag,
  sealOctets,
  signedOctets,
  signedTags,
  toHex,
  utf8,
} from "@mingcheng/protocols";
import { centre, first, gateway, gen, rotated, sealOf, sha256, wall } from "./vectors-material.ts";

const { line, records, hashes } = first;
const lineRef = { ep: line.ep, eid: line.eid };
const h = (seq: number): string => toHex(hashes[seq] as Uint8Array);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

export const chainVector = () => ({
  about: "h(0) of a line, then per record d(i) = SHA-256(bytes) and h(i) = SHA-256(0x01, h(i-1), d(i)).",
  line,
  h0: h(0),
  records: records.map((bytes, index) => ({
    seq: index + 1,
    bytes: text(bytes),
    d: toHex(sha256(bytes)),
    h: h(index + 1),
  })),
});

export const sealVector = () => {
  const seal = sealOf(first, 3, gateway);
  const case1 = { line, seq: 3, h: h(3), seal };
  return {
    about: "The octets a seal signs, and the seal. No entry of `invalid` verifies under the gateway's key.",
    line,
    seq: 3,
    h: h(3),
    octets: toHex(sealOctets(line, 3, hashes[3] as Uint8Array, seal.wall, seal.kid)),
    seal,
    invalid: [
      { about: "another gateway", ...case1, line: { ...line, gw: "market-songba" } },
      { about: "another epoch number", ...case1, line: { ...line, ep: 4 } },
      { about: "another epoch id", ...case1, line: { ...line, eid: line.eid.replace("00", "01") } },
      { about: "another sequence number", ...case1, seq: 2 },
      { about: "another h", ...case1, h: h(2) },
      { about: "another time", ...case1, seal: { ...seal, wall: wall(4) } },
      { about: "another key id", ...case1, seal: { ...seal, kid: centre.kid } },
      { about: "made by another key", ...case1, seal: { ...sealOf(first, 3, rotated), kid: gateway.kid } },
    ],
  };
};

const header: BatchHeader = {
  v: 1,
  gw: line.gw,
  line: lineRef,
  first: 1,
  count: records.length,
  prev: h(0),
  seal: sealOf(first, 3, gateway),
  sender: lineRef,
  witness: { gen, n: 7 },
  lane: "live",
};

export const batchVector = () => {
  const items = records.map((bytes) => ({ bytes }));
  const whole = encodeBatch(sha256, header, items);
  const digested = encodeBatch(
    sha256,
    header,
    records.map((bytes, index) => (index === 1 ? { digest: sha256(bytes) } : { bytes })),
  );
  const flipped = new Uint8Array(whole);
  flipped[400] = (flipped[400] as number) ^ 0x01;
  return {
    about:
      "A batch before compression, base64: whole, and with record 2 as its digest. Every entry of `damaged` is to be answered with a nack, with nothing stored.",
    whole: base64(whole),
    withDigest: base64(digested),
    damaged: [
      { about: "one bit flipped", payload: base64(flipped) },
      { about: "cut", payload: base64(whole.subarray(0, whole.length - 40)) },
      { about: "no trailer", payload: base64(whole.subarray(0, whole.lastIndexOf(0x0a) + 1)) },
      { about: "fewer records than announced", payload: base64(encodeBatch(sha256, header, items.slice(1))) },
      {
        about: "a sequence number of 0",
        payload: base64(encodeBatch(sha256, { ...header, first: 0 }, items)),
      },
    ],
  };
};

const receipt = {
  v: 1,
  type: "receipt",
  line: lineRef,
  ranges: [[1, 3, h(3)]],
  digests: [],
  disputed: [],
  gen,
  witness: { gen, n: 7 },
  at: wall(4),
};
const state = {
  v: 1,
  nonce: "9f86d081884c7d65",
  line: lineRef,
  online: true,
  lines: [{ ...lineRef, head: 3, oldest: 1 }],
  keyHead: null,
  cseq: 0,
  config: 0,
  witness: { gen, n: 7 },
  alarms: [],
  wall: wall(4),
};
const full = {
  v: 1,
  type: "full",
  nonce: state.nonce,
  lines: [{ ...lineRef, ranges: [[1, 1, h(1)]], digests: [[2, 2]], missing: [[3, 3]], disputed: [] }],
  gen,
  witness: { gen, n: 7 },
  at: wall(5),
};
const gone = { v: 1, line: lineRef, from: 1, to: 2, receipt: { gen, h: h(2) }, reason: "freed" };

const signed = (about: string, tag: SignedTag, body: object) => {
  const signer = tag === signedTags.receipt ? centre : gateway;
  return {
    about,
    tag,
    gw: line.gw,
    kid: signer.kid,
    payload: text(encodeSigned(tag, line.gw, body, signer)),
    octets: toHex(signedOctets(tag, line.gw, utf8(JSON.stringify(body)))),
  };
};

export const signedVector = () => {
  const valid = signed("a receipt", signedTags.receipt, receipt);
  const [body = "", tail = ""] = valid.payload.split("\n");
  const { kid, sig } = JSON.parse(tail) as { kid: string; sig: string };
  return {
    ...valid,
    about:
      "A signed message: the payload as published, and the octets its signature covers; then one of each kind. No entry of `invalid` is to be believed for its tag and gateway.",
    messages: [
      valid,
      signed("a full receipt: record 2 is held as a bare digest, record 3 is missing", signedTags.receipt, full),
      signed("a state", signedTags.state, state),
      signed("records 1 and 2 were freed on a receipt", signedTags.gone, gone),
    ],
    invalid: [
      { ...valid, about: "for another purpose", tag: signedTags.command },
      { ...valid, about: "for another gateway", gw: "market-b" },
      { ...valid, about: "one sequence number changed", payload: `${body.replace("[[1,3,", "[[1,4,")}\n${tail}` },
      { ...valid, about: "a space more in line 1", payload: `${body.replace('"v":1', '"v": 1')}\n${tail}` },
      { ...valid, about: "a space more in line 2", payload: `${body}\n${tail.replace('"kid":', '"kid": ')}` },
      { ...valid, about: "line 2 in another order", payload: `${body}\n${JSON.stringify({ sig, kid })}` },
      { ...valid, about: "a line feed at the end", payload: `${valid.payload}\n` },
      {
        ...valid,
        about: "signed by the gateway",
        payload: text(encodeSigned(signedTags.receipt, line.gw, receipt, { ...gateway, kid })),
      },
    ],
  };
};

export const rotationVector = () => {
  const statement = encodeRotation(line.gw, gateway, rotated, wall(6));
  const body = statement.subarray(0, statement.indexOf(0x0a));
  const [one = "", two = "", three = ""] = text(statement).split("\n");
  const alone = text(encodeRotation(line.gw, { ...rotated, kid: gateway.kid }, rotated, wall(6)));
  const taken = text(encodeRotation(line.gw, gateway, { ...rotated, sign: (octets) => gateway.sign(octets) }, wall(6)));
  return {
    about:
      "A key log of one statement: the gateway's first key names the second, and both sign. No entry of `invalid` brings in a key for this gateway.",
    gw: line.gw,
    payload: text(statement),
    octets: toHex(rotationOctets(line.gw, body)),
    keyHead: keyLogHead(sha256, statement),
    invalid: [
      { about: "not signed by the old key", gw: line.gw, payload: alone },
      { about: "not signed by the new key", gw: line.gw, payload: taken },
      { about: "for another gateway", gw: "market-b", payload: text(statement) },
      { about: "signatures in the wrong order", gw: line.gw, payload: `${[one, three, two].join("\n")}\n` },
      { about: "not whole", gw: line.gw, payload: `${one}\n${two}\n` },
    ],
  };
};
