import { setMaxListeners } from "node:events";
import { realpath } from "node:fs/promises";
import { commandBodySchemas, maxResultChars } from "@mingcheng/protocols/commands";
import { bestAddressOf, type Detected, detect } from "../../detect/detect.ts";
import { settingsText } from "../../detect/line-settings.ts";
import { presentPorts } from "../../device-identity/present-ports.ts";
import { openTransport, parseTransportAddress } from "../../transports/open-transport.ts";
import { type CommandWork, done, refused } from "../command-work.ts";
import type { GatewayHands } from "../gateway-hands.ts";

const pathOf = (address: string): string => {
  const target = parseTransportAddress(address);
  return target.kind === "tcp" ? target.address : target.path;
};

const targetOf = async (address: string): Promise<string> => {
  const path = pathOf(address);
  return realpath(path).catch(() => path);
};

/** Lines that running devices use, by what they really are. */
const linesInUse = async ({ supervisor }: GatewayHands): Promise<ReadonlySet<string>> =>
  new Set(await Promise.all(supervisor.status().map(({ address }) => targetOf(address))));

const findingText = ({ finding, bestAddress }: Detected): object => {
  const { address, outcome, candidates, settings, bytes, probed, fault } = finding;
  return {
    ...{ address, outcome, configure: bestAddress },
    candidates: candidates
      .slice(0, 3)
      .map(({ protocol, score }) => ({ protocol, score: Math.round(score * 100) / 100 })),
    ...{ settings: settings === null ? null : settingsText(settings), bytes, probed, fault: fault?.code ?? null },
  };
};

/** As many findings as fit; the rest are counted. */
const resultOf = (ports: readonly Detected[]): string => {
  for (let shown = ports.length; ; shown--) {
    const left = ports.length - shown;
    const text = JSON.stringify({ ports: ports.slice(0, shown).map(findingText), ...(left > 0 ? { left } : {}) });
    if (text.length <= maxResultChars || shown === 0) return text;
  }
};

/**
 * `detect`: says what speaks at ports that no running device uses. Listens only; sends the read requests of
 * `mingcheng-gateway detect --probe` only where the command's body says so.
 */
export const detectPorts = (hands: GatewayHands): CommandWork => ({
  run: async ({ body }, signal) => {
    const { ports, seconds, probe } = commandBodySchemas.detect.parse(body);
    const inUse = await linesInUse(hands);
    for (const address of ports) {
      if (inUse.has(await targetOf(address))) return refused("port-in-use", `${address}: a configured device uses it`);
    }
    const present = await presentPorts(hands.places, []);
    const free = present.filter(({ tty }) => !inUse.has(tty)).map(bestAddressOf);
    const addresses = ports.length > 0 ? ports : free;
    if (addresses.length === 0) return done(JSON.stringify({ ports: [] }));
    const stopping = AbortSignal.any([signal]);
    // Every port and every wait listens to it.
    setMaxListeners(0, stopping);
    const world = { clock: hands.clock, open: openTransport, progress: () => undefined };
    const request = { addresses, listenMs: seconds * 1000, probe };
    const detection = await detect(request, world, hands.places, stopping);
    return done(resultOf(detection.ports));
  },
  afterCrash: async () => "again",
});
