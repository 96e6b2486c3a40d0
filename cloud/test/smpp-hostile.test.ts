import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Channel } from "../src/channels/channel.ts";
import { inWords } from "../src/channels/in-words.ts";
import { channelPorts, channelSettings, openChannels } from "../src/channels/index.ts";
import { PduSplitter } from "../src/channels/smpp/pdu-splitter.ts";
import { bare, command, encodePdu, type Pdu, responseTo } from "../src/channels/smpp/smpp-pdu.ts";
import { outgoingTo, TestedInbox } from "./tested-inbox.ts";

/** A peer that signs everybody in and then does what a test says with each unit. */
type Peer = (pdu: Pdu, socket: Socket) => void;

let dir: string;
let server: Server;
let peer: Peer;
let channel: Channel;
let sockets: Socket[];
let logged: string[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "mc-hostile-"));
  writeFileSync(join(dir, "password"), "secret08\n");
  sockets = [];
  logged = [];
  server = createServer((socket) => {
    sockets.push(socket);
    const splitter = new PduSplitter();
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      for (const pdu of splitter.push(bytes)) {
        if (pdu.id === command.bindTransceiver) socket.write(encodePdu(bare(responseTo(pdu.id), pdu.sequence)));
        else peer(pdu, socket);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const settings = channelSettings.parse({
    ...{ type: "smpp", name: "hostile", host: "127.0.0.1", port, tls: false, systemId: "a", source: "1" },
    ...{ passwordFile: join(dir, "password"), timeoutMs: 300 },
  });
  const log = pino({ level: "warn" }, { write: (line: string) => void logged.push(line) });
  [channel] = (await openChannels([settings], { ...channelPorts(log), random: () => 0 })) as [Channel];
});
afterEach(async () => {
  await channel.close?.();
  for (const socket of sockets) socket.destroy();
  server.close();
  rmSync(dir, { recursive: true });
});

const send = () => channel.send(outgoingTo("13900001234"), new AbortController().signal);
const answer = (pdu: Pdu, socket: Socket): void => void socket.write(encodePdu(bare(responseTo(pdu.id), pdu.sequence)));
const header = (length: number, id: number): Buffer => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(id, 4);
  return bytes;
};

it.each([
  ["announces a gigabyte", (socket: Socket) => socket.write(header(2 ** 30, command.deliverSm))],
  ["announces less than a header", (socket: Socket) => socket.write(header(3, command.deliverSm))],
  ["speaks another language", (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n")],
  ["answers something else", (socket: Socket) => socket.write(encodePdu(bare(responseTo(command.unbind), 2)))],
])("a peer that %s is left, what it did not answer is lost, and the next one is tried", async (_, act) => {
  peer = (_pdu, socket) => act(socket);
  expect(await send()).toMatchObject({ type: "failed", lost: true, outcome: expect.stringMatching(/^not SMPP/) });
  peer = answer;
  while (sockets.length < 2) await once(server, "connection");
  expect(await send()).toMatchObject({ type: "sent" });
});

it("a peer that gives half of a unit and waits is left after its time", async () => {
  peer = (_pdu, socket) => socket.write(header(200, responseTo(command.submitSm)));
  expect(await send()).toEqual({ type: "failed", outcome: inWords("timeout"), lost: true });
});

it("answers to nothing, damaged and unknown requests are answered or counted, and the connection lives on", async () => {
  const nacks: Pdu[] = [];
  peer = (pdu, socket) => {
    if (pdu.id !== command.submitSm) {
      nacks.push(pdu);
      return;
    }
    socket.write(encodePdu(bare(responseTo(command.submitSm), 77)));
    socket.write(encodePdu({ id: command.deliverSm, status: 0, sequence: 5, body: new Uint8Array([1, 2, 3]) }));
    socket.write(encodePdu(bare(0x103, 6)));
    answer(pdu, socket);
  };
  channel.listen?.(new TestedInbox());
  expect(await send()).toMatchObject({ type: "sent" });
  expect(await send()).toMatchObject({ type: "sent" });
  const byId = new Map(nacks.map((pdu) => [pdu.sequence, pdu]));
  expect(byId.get(5)).toMatchObject({ id: responseTo(command.deliverSm), status: 1 });
  expect(byId.get(6)).toMatchObject({ id: command.genericNack, status: 3 });
  expect(logged.join("")).toContain("an answer to nothing");
  expect(sockets).toHaveLength(1);
});

it("a peer that floods and does not read is left before it fills the memory", async () => {
  const inbox = new TestedInbox();
  peer = answer;
  channel.listen?.(inbox);
  await send();
  const [socket] = sockets as [Socket];
  socket.pause();
  const enquiry = encodePdu(bare(command.enquireLink, 1));
  const flood = Buffer.concat(Array.from({ length: 2_000 }, () => enquiry));
  const gone = new Promise((resolve) => socket.once("close", resolve));
  const more = (): void => {
    if (!socket.destroyed) socket.write(flood, () => setImmediate(more));
  };
  more();
  await gone;
  expect(logged.join("")).toContain("the other side does not read");
});
