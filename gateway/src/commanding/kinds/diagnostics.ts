import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { arch, freemem, loadavg, platform, release, totalmem, uptime } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { MingchengError, topics } from "@mingcheng/protocols";
import { bundleMessages, bundlePieceBytes, maxBundlePieces } from "@mingcheng/protocols/commands";
import { writeDurably } from "../../disk/durable-file.ts";
import { software } from "../../software.ts";
import { type CommandWork, done } from "../command-work.ts";
import type { GatewayHands } from "../gateway-hands.ts";
import { knownSecrets } from "../known-secrets.ts";
import { scrubbed, withoutSecrets } from "../scrub.ts";

/** Bundles kept for when the answer goes out once more. */
const keptBundles = 2;
const maxBundleBytes = bundlePieceBytes * maxBundlePieces;
const shownLines = 100;

const compress = promisify(gzip);

const directoryOf = ({ config }: GatewayHands): string => join(config().data, "diagnostics");

const machine = (): object => ({
  ...{ node: process.version, platform: platform(), arch: arch(), kernel: release() },
  ...{ uptimeSeconds: Math.round(uptime()), load: loadavg(), memory: { total: totalmem(), free: freemem() } },
  process: { ...process.memoryUsage(), uptimeSeconds: Math.round(process.uptime()) },
});

const outboxReport = ({ outbox }: GatewayHands): object => {
  const lines = outbox.inventory();
  const newest = lines.slice(-shownLines).map(({ ep, eid, head, held, freed, lost }) => ({
    ...{ ep, eid, head, held: held.slice(-20), freed: freed.slice(-20), lost: lost.slice(-20) },
  }));
  return { stats: outbox.stats(), lines: lines.length, newest };
};

const configText = ({ config }: GatewayHands): object => {
  const { devices, ...rest } = config();
  return { ...rest, devices: devices.map(({ driver, ...device }) => ({ ...device, protocol: driver.protocol })) };
};

/** Everything that helps whoever maintains the gateway, as JSON without any secret; `lines` of the log. */
const bundleText = async (hands: GatewayHands, lines: readonly string[]): Promise<string> => {
  const config = configText(hands);
  const { identity, clock } = hands;
  const content = {
    ...{ v: 1, gw: identity.gw, at: clock.wall(), software, machine: machine() },
    configuration: await (await hands.configuration()).report(),
    config: withoutSecrets(config),
    status: withoutSecrets(hands.status()),
    outbox: outboxReport(hands),
    metrics: await hands.metricsText(),
    log: lines,
  };
  const secrets = await knownSecrets(hands.config().data, [config]);
  return scrubbed(JSON.stringify(content), [identity.credential, ...secrets]);
};

/** Compressed, and never larger than what may travel: the oldest lines of the log go first. */
const bundleOf = async (hands: GatewayHands): Promise<Buffer> => {
  for (let lines = [...hands.recentLog()]; ; lines = lines.slice(Math.ceil(lines.length / 2))) {
    const bundle = await compress(await bundleText(hands, lines));
    if (bundle.length <= maxBundleBytes) return bundle;
    if (lines.length === 0) throw new MingchengError("RECORD_TOO_LARGE", `${bundle.length} bytes of diagnostics`);
  }
};

const dropOld = async (directory: string): Promise<void> => {
  // Names begin with the time, so that the oldest come first.
  const names = (await readdir(directory)).filter((name) => name.endsWith(".json.gz")).sort();
  for (const name of names.slice(0, Math.max(0, names.length - keptBundles))) await rm(join(directory, name));
};

/** `diagnostics`: a bundle without secrets, sent in pieces ahead of the answer that names its digest. */
export const diagnostics = (hands: GatewayHands): CommandWork => {
  const send = (id: string, bundle: Uint8Array, sha256: string): void => {
    const topic = topics.bundle(hands.identity.gw, id);
    for (const piece of bundleMessages(bundle, sha256)) hands.send(topic, piece);
  };
  const digestOf = (bundle: Uint8Array): string => createHash("sha256").update(bundle).digest("hex");
  return {
    run: async ({ id }) => {
      const bundle = await bundleOf(hands);
      const directory = directoryOf(hands);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const stamp = String(Math.round(Date.parse(hands.clock.wall()))).padStart(15, "0");
      await writeDurably(join(directory, `${stamp}-${id}.json.gz`), bundle);
      await dropOld(directory);
      const sha256 = digestOf(bundle);
      send(id, bundle, sha256);
      const pieces = Math.max(1, Math.ceil(bundle.length / bundlePieceBytes));
      return done(JSON.stringify({ sha256, bytes: bundle.length, pieces }));
    },
    afterCrash: async () => "again",
    repeat: async (id) => {
      const directory = directoryOf(hands);
      const name = (await readdir(directory).catch(() => [])).find((known) => known.endsWith(`-${id}.json.gz`));
      if (name === undefined) return;
      const bundle = await readFile(join(directory, name));
      send(id, bundle, digestOf(bundle));
    },
  };
};
