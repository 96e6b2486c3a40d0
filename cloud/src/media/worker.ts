import { parentPort, workerData } from "node:worker_threads";
import { MingchengError } from "@mingcheng/protocols";
import { auditOver } from "../audit/open-audit.ts";
import { createCredentialCheck } from "../register/credential-check.ts";
import { openRegister } from "../register/register-database.ts";
import { UserRegister } from "../users/user-register.ts";
import { ClipStore } from "./clip-store.ts";
import { viewTokensOf } from "./media-access.ts";
import { MediaHub, type NotedView } from "./media-hub.ts";
import { openMediaServer } from "./media-server.ts";
import type { FromMedia, MediaThreadData, ToMedia } from "./thread-messages.ts";
import { type Viewing, ViewingStore } from "./viewing-store.ts";

const data = workerData as MediaThreadData;
const port = parentPort;
if (port === null) throw new Error("this is the entry of a worker thread");

/** A switch acts within this and the time of one look. */
const tickEveryMs = 200;
const reportEveryMs = 1_000;
/** Clips that are not here yet are looked for so often, and each asked for again after so long. */
const fetchEveryMs = 2_000;
const fetchAgainMs = 60_000;

const say = (message: FromMedia): void => port.postMessage(message);

const run = async (): Promise<void> => {
  const register = openRegister(data.dataDirectory);
  const audit = await auditOver(data.dataDirectory, register);
  const credentials = createCredentialCheck(register);
  const store = new ViewingStore(register);
  const users = new UserRegister(register);
  // Asked for every view several times a second: remembered until somebody writes to the register.
  const known = new Map<string, Viewing>();
  const allowed = new Map<string, boolean>();
  const fromMemory = <Value>(memory: Map<string, Value>, key: string, read: () => Value): Value => {
    const found = memory.get(key);
    if (found !== undefined) return found;
    const value = read();
    memory.set(key, value);
    return value;
  };
  const note = ({ claims, address, seconds, from }: NotedView): void => {
    const { gw, channel, quality, person, why } = claims;
    audit.append({
      ...{ actor: person, address, subject: `camera:${gw}/${channel}` },
      action: seconds === null ? "camera.viewed" : "camera.view-ended",
      detail: { quality, why, ...(from === undefined ? {} : { from }), ...(seconds === null ? {} : { seconds }) },
    });
  };
  const told = new Map<string, string>();
  /** Gateways hear of their switched-off channels themselves: they show pictures where the centre is not asked. */
  const tellGateways = (): void => {
    for (const [gw, off] of store.off()) {
      const text = off.join(" ");
      if (told.get(gw) === text) continue;
      told.set(gw, text);
      say({ type: "viewing", gw, off });
    }
  };
  let version = store.version();
  const refresh = (): void => {
    const now = store.version();
    if (now === version) return;
    version = now;
    known.clear();
    allowed.clear();
    tellGateways();
    hub.recheckGateways((gw) => credentials.mayStay(gw, Number.MAX_SAFE_INTEGER));
  };
  const hub = new MediaHub({
    refresh,
    ...{ tokens: viewTokensOf(data), mostPublic: data.mostPublic, note },
    viewing: (gw, channel) => fromMemory(known, `${gw}/${channel}`, () => store.of(gw, channel)),
    mayWatch: (person) =>
      fromMemory(allowed, person, () => users.list().some((user) => user.name === person && user.disabledAt === null)),
    hint: (gw) => say({ type: "hint", gw }),
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
  });
  const clips = new ClipStore(data.dataDirectory, register, () => Date.now());
  const server = await openMediaServer({
    clips,
    onFault: (error) => say({ type: "log", level: "error", text: "media: a clip", detail: { error: String(error) } }),
    ...{ host: data.host, port: data.port, tls: data.tls, hub, hosts: new Set(data.hosts) },
    authenticates: (gw, credential) => credentials.authenticates(gw, credential),
  });
  let fault = "";
  const attempt = (work: () => void): void => {
    try {
      work();
      fault = "";
    } catch (error) {
      const text = String(error);
      if (text !== fault) say({ type: "log", level: "error", text: "media: not now", detail: { error: text } });
      fault = text;
    }
  };
  const askedMs = new Map<string, number>();
  const fetchClips = (): void => {
    for (const { gw, id } of clips.wanted()) {
      if (performance.now() - (askedMs.get(id) ?? Number.NEGATIVE_INFINITY) < fetchAgainMs) continue;
      if (hub.fetch(gw, id)) askedMs.set(id, performance.now());
    }
  };
  const timers = [
    setInterval(() => attempt(fetchClips), fetchEveryMs),
    setInterval(() => attempt(() => hub.tick()), tickEveryMs),
    setInterval(() => say({ type: "report", ...hub.counts }), reportEveryMs),
  ];
  port.on("message", (message: ToMedia) => {
    if (message.type === "certificates") {
      server.renewTls(message.tls);
      return;
    }
    for (const timer of timers) clearInterval(timer);
    attempt(() => hub.close());
    void server.close().then(() => {
      register.close();
      say({ type: "closed" });
      port.close();
    });
  });
  say({ type: "listening", port: server.port });
  attempt(tellGateways);
};

try {
  await run();
} catch (error) {
  const code = error instanceof MingchengError ? error.code : "CENTRE_FAULT";
  say({ type: "refused", code, message: error instanceof Error ? error.message : String(error) });
  port.close();
}
