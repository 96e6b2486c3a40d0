import type { EpochBody, Line } from "@mingcheng/protocols";
import { builtModule } from "../../src/harness/repository.ts";

/** One open file of the outbox, as far as a fault can be planted in it. */
interface PlantableFile {
  datasync(): Promise<void>;
}

/** The outbox's file system port, as far as a fault can be planted in it. */
export interface PlantableFiles {
  open(path: string, mode: "read" | "write" | "create" | "commit"): Promise<PlantableFile>;
  syncDirectory(dir: string): Promise<void>;
}

/** The gateway's outbox as its callers see it. */
export interface CapturingOutbox {
  readonly line: Line;
  readonly opening: { readonly losses: readonly object[] };
  append(
    build: (seq: number) => Uint8Array,
    options: { readonly urgent: boolean },
  ): Promise<{ readonly line: Line; readonly seq: number; readonly h: string }>;
  read(
    line: LineName,
    first: number,
    maxLast: number,
    limits: { readonly maxRecords: number; readonly maxBytes: number },
  ): Promise<{
    readonly first: number;
    readonly last: number;
    readonly prev: string;
    readonly h: string;
    readonly records: Uint8Array[];
  }>;
  inventory(): readonly (LineName & {
    readonly head: number;
    readonly held: readonly { readonly from: number; readonly to: number }[];
  })[];
  free(
    isFreeable: (line: LineName, from: number, to: number) => "receipted" | "disputed" | "no",
    receipt: { readonly gen: string; readonly at: string },
    pressure: boolean,
  ): Promise<readonly { readonly line: LineName; readonly from: number; readonly to: number }[]>;
  onFault(listener: (health: { readonly state: string }) => void): () => void;
  onRecovered(listener: () => void): () => void;
  close(): Promise<void>;
}

/** A line without its gateway. */
export interface LineName {
  readonly ep: number;
  readonly eid: string;
}

/** What the outbox is opened with. */
export interface OutboxStart {
  readonly dir: string;
  readonly gw: string;
  readonly keyFile: string;
  readonly segmentBytes: number;
  readonly files: PlantableFiles;
  readonly random: (bytes: number) => Uint8Array;
  readonly buildEpoch: (line: Line, body: EpochBody) => Uint8Array;
}

interface OutboxModule {
  readonly openOutbox: (options: object) => Promise<CapturingOutbox>;
}

const load = <Module>(path: string): Promise<Module> => import(builtModule(path)) as Promise<Module>;

/** The outbox's own file system port. */
export const loadFiles = async (): Promise<PlantableFiles> =>
  (await load<{ nodeFiles: PlantableFiles }>("gateway/dist/outbox/node-files.js")).nodeFiles;

/** Opens the gateway's real outbox, as built: the same code that the gateway runs. */
export const openGatewayOutbox = async (start: OutboxStart): Promise<CapturingOutbox> => {
  const { openOutbox } = await load<OutboxModule>("gateway/dist/outbox/outbox.js");
  const { nodeCrypto } = await load<{ nodeCrypto: object }>("gateway/dist/crypto/node-crypto.js");
  const { loadSigner } = await load<{ loadSigner: (path: string) => Promise<object> }>(
    "gateway/dist/crypto/signing-key.js",
  );
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return openOutbox({
    dir: start.dir,
    gw: start.gw,
    segmentBytes: start.segmentBytes,
    reserveBytes: 0,
    files: start.files,
    random: start.random,
    buildEpoch: start.buildEpoch,
    crypto: nodeCrypto,
    signer: await loadSigner(start.keyFile),
    clock: { wall: () => new Date().toISOString(), nowMs: () => performance.now() },
    log: silent,
    software: { name: "mingcheng-gateway", version: "0" },
  });
};
