import { randomUUID } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { MingchengError } from "@mingcheng/protocols";
import type { Login } from "./digest-check.ts";
import {
  capabilities,
  dateAndTime,
  type OnvifProfile,
  probeMatches,
  profilesAnswer,
  senderFault,
  streamUri,
} from "./onvif-messages.ts";
import { elementText, TokenCheck } from "./onvif-token.ts";

/** A camera's face to installers: what it answers to probes and to questions about its streams. */
export interface OnvifDeviceConfig {
  /** Its address; probes are answered on the network of it. */
  readonly host?: string;
  /** Of its HTTP service; 0 takes any free one. */
  readonly port?: number;
  readonly name: string;
  readonly hardware?: string;
  /** Asked for every question: passwords change, streams move. */
  readonly login: () => Login;
  readonly profiles: () => readonly OnvifProfile[];
  /** Its clock, beside the true one. */
  readonly clockAheadMs?: number;
}

/** WS-Discovery 2005/04 §2.4. */
const multicast = { address: "239.255.255.250", port: 3702 } as const;
const mostBytes = 64 * 1024;
const devicePath = "/onvif/device_service";
const mediaPath = "/onvif/media_service";

/** What is asked: the first element of the body. */
const actionOf = (envelope: string): string =>
  /<(?:[\w-]+:)?Body(?:\s[^>]*)?>\s*<(?:[\w-]+:)?([A-Za-z]+)/.exec(envelope)?.[1] ?? "";

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  request.setEncoding("utf8");
  for await (const piece of request) {
    text += piece;
    if (text.length > mostBytes) throw new RangeError("too long");
  }
  return text;
};

/** A camera that can be found and asked by ONVIF (Profile S, as far as setting one up needs it). */
export class OnvifDevice {
  readonly #config: Required<OnvifDeviceConfig>;
  readonly #check = new TokenCheck();
  readonly #urn = `urn:uuid:${randomUUID()}`;
  readonly #server: Server;
  #socket: Socket | undefined;
  #port = 0;

  constructor(config: OnvifDeviceConfig) {
    this.#config = { host: "127.0.0.1", port: 0, hardware: "SIM-1", clockAheadMs: 0, ...config };
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  /** Where it answers questions. */
  get url(): string {
    return `http://${this.#config.host}:${this.#port}${devicePath}`;
  }

  /** Begins to listen for probes and questions. @throws {MingchengError} SIM_LINE_FAILED */
  async start(): Promise<void> {
    const { host, port } = this.#config;
    const failed = (cause: Error): MingchengError => new MingchengError("SIM_LINE_FAILED", String(cause), { cause });
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) => reject(failed(cause)));
      this.#server.listen(port, host, resolve);
    });
    const bound = this.#server.address();
    if (typeof bound === "object" && bound !== null) this.#port = bound.port;
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (cause) => reject(failed(cause)));
      socket.bind(multicast.port, multicast.address, resolve);
    });
    socket.addMembership(multicast.address, host);
    socket.setMulticastInterface(host);
    socket.on("error", () => undefined);
    socket.on("message", (message, from) => {
      const text = message.toString("utf8");
      const id = elementText(text, "MessageID");
      if (actionOf(text) !== "Probe" || id === undefined || !/NetworkVideoTransmitter/.test(text)) return;
      const { name, hardware } = this.#config;
      const answer = probeMatches(id, randomUUID(), { urn: this.#urn, name, hardware, url: this.url });
      socket.send(answer, from.port, from.address, () => undefined);
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const envelope = request.method === "POST" ? await bodyOf(request) : "";
    const { status, text } = this.#answer(request.url ?? "", envelope);
    response.writeHead(status, { "content-type": "application/soap+xml; charset=utf-8", connection: "close" });
    response.end(text);
  }

  #answer(path: string, envelope: string): { readonly status: number; readonly text: string } {
    const { login, clockAheadMs, profiles } = this.#config;
    const nowMs = Date.now() + clockAheadMs;
    const action = actionOf(envelope);
    if (path !== devicePath && path !== mediaPath) return { status: 404, text: "" };
    // Anybody may read the clock: without it nobody could make a token (ONVIF Core §5.9.4.2).
    if (action === "GetSystemDateAndTime") return { status: 200, text: dateAndTime(nowMs) };
    const refusal = this.#check.check(envelope, login(), nowMs);
    if (refusal !== null) return { status: 400, text: senderFault("NotAuthorized", refusal) };
    if (action === "GetCapabilities" && path === devicePath) {
      return { status: 200, text: capabilities(this.url.replace(devicePath, mediaPath)) };
    }
    if (action === "GetProfiles" && path === mediaPath) return { status: 200, text: profilesAnswer(profiles()) };
    if (action === "GetStreamUri" && path === mediaPath) {
      const found = profiles().find(({ token }) => token === elementText(envelope, "ProfileToken"));
      if (found === undefined) return { status: 400, text: senderFault("InvalidArgVal", "no such profile") };
      return { status: 200, text: streamUri(found.address) };
    }
    return { status: 500, text: senderFault("ActionNotSupported", action) };
  }

  /** Ends it. */
  async stop(): Promise<void> {
    this.#socket?.close();
    this.#socket = undefined;
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
