import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Fragment, MovieBegin } from "../media/fragment.ts";

/** A camera's movie for one program of this box, in a socket that nobody else can open: no port, no address, no password. */
export interface LoopbackMovie {
  /** What the program reads: `unix:/…`. */
  readonly address: string;
  /** The next fragment; left out while the program is too slow. False: it is another movie now, and the program needs another. */
  fragment(fragment: Fragment): boolean;
  close(): void;
}

/** What waits for the program at most; it is as fast as the stream, or it is of no use. */
const mostWaitingBytes = 4 * 1024 * 1024;

class Movie {
  readonly #server: Server;
  readonly #folder: string;
  #reader: Socket | undefined;
  #movie: MovieBegin | undefined;
  #waitsForKey = true;

  constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
    server.on("connection", (socket) => this.#connected(socket));
  }

  #connected(socket: Socket): void {
    socket.on("error", () => undefined);
    if (this.#reader === undefined) this.#reader = socket;
    else socket.destroy();
  }

  fragment(fragment: Fragment): boolean {
    const reader = this.#reader;
    if (reader === undefined || (this.#waitsForKey && !fragment.key)) return true;
    if (this.#movie !== undefined && this.#movie !== fragment.movie) return false;
    if (reader.writableLength > mostWaitingBytes) {
      this.#waitsForKey = true;
      return true;
    }
    if (this.#movie === undefined) reader.write(fragment.begin);
    this.#movie = fragment.movie;
    this.#waitsForKey = false;
    reader.write(fragment.bytes);
    return true;
  }

  close(): void {
    this.#reader?.destroy();
    this.#server.close();
    void rm(this.#folder, { recursive: true, force: true });
  }
}

/** Opens one. @throws the system's error */
export const openLoopbackMovie = async (): Promise<LoopbackMovie> => {
  // mkdtemp makes it 0700.
  const folder = await mkdtemp(join(tmpdir(), "mingcheng-movie-"));
  const path = join(folder, "movie.sock");
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  const movie = new Movie(server, folder);
  return {
    address: `unix:${path}`,
    fragment: (fragment) => movie.fragment(fragment),
    close: () => movie.close(),
  };
};
