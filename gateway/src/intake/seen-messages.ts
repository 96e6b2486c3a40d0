import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { MessageRef } from "@mingcheng/protocols";
import { entriesIn, entryOctets, type SeenEntry, SeenTable } from "./seen-table.ts";

/** At least so many of a device's last messages are remembered, twice as many at most. */
export const rememberedMessages = 4_096;

const ending = ".seen";

interface DeviceMemory {
  readonly path: string;
  current: SeenTable;
  previous: SeenTable;
  file: FileHandle | undefined;
  dirty: boolean;
  /** Writes in order, behind each other. */
  working: Promise<void>;
}

/** What a message id was used for before. */
export type Seen = "new" | "same" | "other";

const idDigest = (id: string): bigint => createHash("sha256").update(id).digest().readBigUInt64LE(0) || 1n;

const entryOf = ({ id, sha256 }: MessageRef): SeenEntry => ({
  id: idDigest(id),
  content: Buffer.from(sha256.slice(0, 16), "hex").readBigUInt64LE(0),
});

const read = async (path: string): Promise<Buffer> => {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
};

const tableOf = (octets: Buffer): SeenTable => {
  const table = new SeenTable();
  for (const entry of entriesIn(octets)) table.add(entry);
  return table;
};

/**
 * Remembers which messages of which device are records already, bounded in memory and on disk: two files of 64 KiB for
 * each device, the older one dropped when the newer is full. The records themselves are the truth: what these files lost
 * in a power cut is read from the outbox again (see `recentMessages`).
 */
export class SeenMessages {
  private readonly dir: string;
  private readonly onFault: (error: unknown) => void;
  private readonly capacity: number;
  private readonly devices = new Map<string, Promise<DeviceMemory>>();

  constructor(dir: string, onFault: (error: unknown) => void, capacity = rememberedMessages) {
    this.dir = dir;
    this.onFault = onFault;
    this.capacity = capacity;
  }

  /** What the id was used for. @throws the system's error when the files cannot be read: then nobody may say "new" */
  async find(device: string, ref: MessageRef): Promise<Seen> {
    const { current, previous } = await this.memoryOf(device);
    const { id, content } = entryOf(ref);
    const found = current.find(id) ?? previous.find(id);
    if (found === undefined) return "new";
    return found === content ? "same" : "other";
  }

  /** The message is a record. Remembered at once; on disk soon. */
  async add(device: string, ref: MessageRef): Promise<void> {
    const memory = await this.memoryOf(device);
    const entry = entryOf(ref);
    if (memory.current.find(entry.id) !== undefined || memory.previous.find(entry.id) !== undefined) return;
    if (memory.current.size >= this.capacity) this.turnOver(memory);
    memory.current.add(entry);
    this.write(memory, async () => {
      memory.file ??= await open(memory.path, "a", 0o600);
      await memory.file.write(entryOctets(entry));
      memory.dirty = true;
    });
  }

  /** Resolves when everything remembered is durable. */
  async sync(): Promise<void> {
    for (const loading of this.devices.values()) {
      const memory = await loading;
      this.write(memory, async () => {
        if (!memory.dirty) return;
        await memory.file?.datasync();
        memory.dirty = false;
      });
      await memory.working;
    }
  }

  async close(): Promise<void> {
    await this.sync();
    for (const loading of this.devices.values()) await (await loading).file?.close();
    this.devices.clear();
  }

  private write(memory: DeviceMemory, work: () => Promise<void>): void {
    memory.working = memory.working.then(work).catch((error: unknown) => this.onFault(error));
  }

  private turnOver(memory: DeviceMemory): void {
    memory.previous = memory.current;
    memory.current = new SeenTable();
    this.write(memory, async () => {
      await memory.file?.datasync();
      await memory.file?.close();
      memory.file = undefined;
      await rename(memory.path, `${memory.path}.old`);
    });
  }

  private memoryOf(device: string): Promise<DeviceMemory> {
    const known = this.devices.get(device);
    if (known !== undefined) return known;
    const loading = this.load(join(this.dir, `${device}${ending}`));
    this.devices.set(device, loading);
    loading.catch(() => this.devices.delete(device));
    return loading;
  }

  private async load(path: string): Promise<DeviceMemory> {
    const memory: DeviceMemory = {
      path,
      current: new SeenTable(),
      previous: new SeenTable(),
      file: undefined,
      dirty: false,
      working: Promise.resolve(),
    };
    memory.previous = tableOf(await read(`${path}.old`));
    const octets = await read(path);
    memory.current = tableOf(octets);
    try {
      await mkdir(this.dir, { recursive: true, mode: 0o700 });
      memory.file = await open(path, "a", 0o600);
      // A write that was cut off would shift everything behind it.
      await memory.file.truncate(octets.length - (octets.length % 16));
    } catch (error) {
      this.onFault(error);
    }
    return memory;
  }
}
