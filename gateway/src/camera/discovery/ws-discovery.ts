import { randomUUID } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import type { CameraSubnets } from "./camera-subnets.ts";
import { allNamed, firstNamed, parseXml } from "./xml.ts";

/** A camera that answered. */
export interface FoundCamera {
  /** Its own lasting name, a URN. */
  readonly urn: string;
  readonly address: string;
  /** Where it answers ONVIF, at its own address in the cameras' networks. */
  readonly onvifUrl: string;
  /** What it calls itself, and its model, as it says; empty where it says nothing. */
  readonly name: string;
  readonly hardware: string;
}

/** How to look. */
export interface ProbeOptions {
  readonly subnets: CameraSubnets;
  /** Addresses of this machine, one for each network to look in; left out: all of IPv4. */
  readonly from?: readonly string[];
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  /** Where to ask; tests only. */
  readonly target?: { readonly address: string; readonly port: number };
}

/** WS-Discovery 2005/04 §2.4: multicast address and port. */
const multicast = { address: "239.255.255.250", port: 3702 } as const;
/** Datagrams are lost: each probe is sent several times, and answers are folded. */
const probesMs = [0, 400, 1_200];
const mostCameras = 1_024;

/** A probe for network video transmitters (ONVIF Core §7.3.2; WS-Discovery §5.2). */
const probeMessage = (id: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:n="http://www.onvif.org/ver10/network/wsdl"><s:Header><a:MessageID>urn:uuid:${id}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></s:Header><s:Body><d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>`;

const scope = (scopes: readonly string[], kind: string): string => {
  const found = scopes.find((one) => one.startsWith(`onvif://www.onvif.org/${kind}/`));
  if (found === undefined) return "";
  const text = found.slice(`onvif://www.onvif.org/${kind}/`.length);
  try {
    return decodeURIComponent(text).slice(0, 64);
  } catch {
    return text.slice(0, 64);
  }
};

const words = (text: string | undefined): string[] => (text ?? "").split(/\s+/).filter((word) => word !== "");

/** An address of the answer that is an address of the cameras' networks; the sender's own first. */
const addressOf = (urls: readonly string[], sender: string, subnets: CameraSubnets): URL | undefined => {
  const parsed = urls.flatMap((url) => (URL.canParse(url) ? [new URL(url)] : []));
  const fitting = parsed.filter(({ protocol, hostname, username }) => {
    return /^https?:$/.test(protocol) && username === "" && subnets.includes(hostname.replace(/^\[|\]$/g, ""));
  });
  return fitting.find(({ hostname }) => hostname === sender) ?? fitting[0];
};

/** Cameras in an answer to the probe of that id. What a stranger sends is believed only as far as it fits. */
export const readProbeMatches = (
  message: string,
  sender: string,
  { ids, subnets }: { readonly ids: ReadonlySet<string>; readonly subnets: CameraSubnets },
): readonly FoundCamera[] => {
  const document = parseXml(message);
  if (document === undefined) return [];
  const relates = firstNamed(document, "RelatesTo")?.text.replace(/^(urn:)?uuid:/, "");
  if (relates === undefined || !ids.has(relates)) return [];
  return allNamed(document, "ProbeMatch").flatMap((match) => {
    const urn = firstNamed(firstNamed(match, "EndpointReference"), "Address")?.text ?? "";
    const url = addressOf(words(firstNamed(match, "XAddrs")?.text), sender, subnets);
    if (urn === "" || url === undefined) return [];
    const scopes = words(firstNamed(match, "Scopes")?.text);
    const said = { name: scope(scopes, "name"), hardware: scope(scopes, "hardware") };
    return [{ urn: urn.slice(0, 128), address: url.hostname, onvifUrl: url.href, ...said }];
  });
};

/** One for each network; this machine itself where cameras may be on it, as encoders and simulated ones are. */
const ownAddresses = (subnets: CameraSubnets): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal, address }) => family === "IPv4" && (!internal || subnets.includes(address)))
    .map(({ address }) => address);

const bound = (address: string): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    socket.once("error", () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind(0, address, () => {
      socket.removeAllListeners("error");
      socket.on("error", () => undefined);
      try {
        socket.setMulticastInterface(address);
        socket.setMulticastTTL(1);
      } catch {
        // An interface without multicast can still be asked directly.
      }
      resolve(socket);
    });
  });

/**
 * Looks for ONVIF cameras in the networks of this machine: each interface is asked by itself, several times. Only listens to
 * answers to its own question. Never rejects; an interface that cannot be used finds nothing.
 */
export const probeCameras = async (options: ProbeOptions): Promise<readonly FoundCamera[]> => {
  const { subnets, waitMs, signal, from = ownAddresses(subnets), target = multicast } = options;
  const found = new Map<string, FoundCamera>();
  const ids = new Set<string>();
  const sockets = (await Promise.all(from.map(bound))).filter((socket) => socket !== undefined);
  for (const socket of sockets) {
    socket.on("message", (message, { address }) => {
      for (const camera of readProbeMatches(message.toString("utf8"), address, { ids, subnets })) {
        if (found.size < mostCameras) found.set(`${camera.urn} ${camera.address}`, camera);
      }
    });
  }
  const ask = (): void => {
    const id = randomUUID();
    ids.add(id);
    const message = Buffer.from(probeMessage(id));
    for (const socket of sockets) socket.send(message, target.port, target.address, () => undefined);
  };
  const timers = probesMs.filter((ms) => ms < waitMs).map((ms) => setTimeout(ask, ms));
  await new Promise<void>((resolve) => {
    timers.push(setTimeout(resolve, waitMs));
    signal?.addEventListener("abort", () => resolve(), { once: true });
    if (signal?.aborted === true) resolve();
  });
  for (const timer of timers) clearTimeout(timer);
  for (const socket of sockets) socket.close();
  const order = new Intl.Collator("en", { numeric: true });
  return [...found.values()].sort((a, b) => order.compare(`${a.address} ${a.name}`, `${b.address} ${b.name}`));
};
