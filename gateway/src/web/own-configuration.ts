import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { type Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import { issueText } from "../config/load-config.ts";
import { parseGatewayConfig } from "../config/parse-config.ts";
import { writeDurablyLike } from "../disk/durable-file.ts";
import type { SerialSettings } from "../transports/byte-stream.ts";
import type { ValidConfig } from "./web-parts.ts";

/** A device as the set-up page wants it written. */
export interface DeviceEntry {
  readonly id: string;
  readonly protocol: string;
  readonly address: string;
  /** Null on TCP. */
  readonly serial: SerialSettings | null;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A configuration that was changed. */
export interface ChangedConfiguration {
  readonly read: ValidConfig;
  readonly file: string;
  /** The file as it was before. */
  readonly previous: string;
}

/** A camera as the set-up page wants it written. Its password is kept elsewhere. */
export interface ChannelEntry {
  readonly id: string;
  readonly zone: string;
  readonly address: string;
  readonly subAddress: string | null;
  readonly user: string | null;
}

const unwritable = (cause: unknown): MingchengError =>
  new MingchengError("SETUP_FILE_UNWRITABLE", cause instanceof Error ? cause.message : String(cause), { cause });

const devicesIn = (document: Document): YAMLSeq => {
  const found = document.get("devices");
  if (isSeq(found)) return found;
  const made = document.createNode([]) as YAMLSeq;
  document.set("devices", made);
  return made;
};

const entryOf = (devices: YAMLSeq, id: string): YAMLMap | undefined =>
  devices.items.filter((item) => isMap(item)).find((item) => item.get("id") === id);

const put = (document: Document, { id, protocol, address, serial, options }: DeviceEntry, replaces: boolean): void => {
  const devices = devicesIn(document);
  const known = replaces ? entryOf(devices, id) : undefined;
  const hasOptions = Object.keys(options).length > 0;
  if (known === undefined) {
    const line = serial === null ? { insecureTransport: true } : { serial };
    devices.add(document.createNode({ id, protocol, address, ...line, ...(hasOptions ? { options } : {}) }));
    return;
  }
  const isSameFamily = known.get("protocol") === protocol;
  known.set("protocol", protocol);
  known.set("address", address);
  if (serial === null) known.set("insecureTransport", true);
  else known.set("serial", document.createNode(serial));
  // Options of another family would be refused; those of the same one are somebody's work.
  if (!isSameFamily) known.delete("options");
  if (hasOptions && !(isSameFamily && known.has("options"))) known.set("options", document.createNode(options));
};

const putCamera = (document: Document, entry: ChannelEntry, replaces: boolean): void => {
  // Whoever sets a camera up on the spot wants to see it there.
  if (!isMap(document.get("cameras"))) document.set("cameras", document.createNode({ view: {} }));
  const cameras = document.get("cameras") as YAMLMap;
  if (!isSeq(cameras.get("channels"))) cameras.set("channels", document.createNode([]));
  const channels = cameras.get("channels") as YAMLSeq;
  const { id, zone, address, subAddress, user } = entry;
  const isPlain = address.startsWith("rtsp:");
  const known = replaces ? entryOf(channels, id) : undefined;
  if (known === undefined) {
    const sub = subAddress === null ? {} : { subAddress };
    const insecure = isPlain ? { insecureTransport: true } : {};
    channels.add(document.createNode({ id, zone, address, ...sub, user, ...insecure }));
    return;
  }
  for (const [name, value] of Object.entries({ zone, address, user })) known.set(name, value);
  if (subAddress === null) known.delete("subAddress");
  else known.set("subAddress", subAddress);
  if (isPlain) known.set("insecureTransport", true);
};

/**
 * Changes the gateway's own configuration file: comments and order stay, the result is checked as a whole before anything is
 * written, the file is replaced atomically, and what was there before is kept beside it as `<file>.previous`.
 */
export class OwnConfiguration {
  private readonly path: string;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.path = resolve(path);
  }

  /**
   * Writes a device: a new one, or in place of the entry with its id.
   * @throws {MingchengError} CONFIG_INVALID (nothing was written), SETUP_FILE_UNWRITABLE
   */
  putDevice(entry: DeviceEntry, replaces: boolean): Promise<ChangedConfiguration> {
    return this.change((document) => put(document, entry, replaces));
  }

  /**
   * Writes a camera: a new one, or in place of the one with its id.
   * @throws {MingchengError} CONFIG_INVALID (nothing was written), SETUP_FILE_UNWRITABLE
   */
  putChannel(entry: ChannelEntry, replaces: boolean): Promise<ChangedConfiguration> {
    return this.change((document) => putCamera(document, entry, replaces));
  }

  /**
   * Gives a device another address: that confirms that it was moved.
   * @throws {MingchengError} NOT_FOUND, CONFIG_INVALID (nothing was written), SETUP_FILE_UNWRITABLE
   */
  moveDevice(id: string, address: string): Promise<ChangedConfiguration> {
    return this.change((document) => {
      const entry = entryOf(devicesIn(document), id);
      if (entry === undefined) throw new MingchengError("NOT_FOUND", id, { field: "device" });
      entry.set("address", address);
    });
  }

  private change(edit: (document: Document) => void): Promise<ChangedConfiguration> {
    const changed = this.turn.then(() => this.changeOnce(edit));
    this.turn = changed.catch(() => undefined);
    return changed;
  }

  private async changeOnce(edit: (document: Document) => void): Promise<ChangedConfiguration> {
    const { path } = this;
    const before = await readFile(path, "utf8").catch((error: unknown) => Promise.reject(unwritable(error)));
    const document = parseDocument(before, { strict: true, uniqueKeys: true });
    edit(document);
    const text = document.toString({ lineWidth: 0 });
    const read = parseGatewayConfig(text);
    if ("issues" in read) {
      const [first] = read.issues;
      const message = first === undefined ? "" : issueText(path, first, "zh");
      throw new MingchengError("CONFIG_INVALID", message, { field: first?.field ?? "" });
    }
    const previous = `${path}.previous`;
    try {
      await writeDurablyLike(previous, before, path);
      await writeDurablyLike(path, text, path);
    } catch (error) {
      throw unwritable(error);
    }
    return { read: { ...read, config: { ...read.config, data: resolve(read.config.data) } }, file: path, previous };
  }
}
