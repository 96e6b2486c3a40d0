import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { MingchengError } from "@mingcheng/protocols";
import { deaf, type LineListener, type SimLine } from "./sim-line.ts";

type Socat = ChildProcessByStdio<Writable, Readable, Readable>;

/** Unsent bytes after which the other end counts as not reading. */
const maxUnsentBytes = 4096;

/** True when Debian's `socat` is installed: simulated serial ports need it. */
export const hasSocat = (): boolean =>
  (process.env["PATH"] ?? "").split(":").some((folder) => folder !== "" && existsSync(`${folder}/socat`));

/**
 * A device on a serial port: one end of a pseudo-terminal whose other end appears at `path` and is opened by the gateway
 * like any port. Made by Debian's `socat`, because Node.js cannot open pseudo-terminals. As on a real line, what is sent
 * while nobody has the port open is lost; after the port is closed it appears anew.
 * @throws {MingchengError} SIM_LINE_FAILED when socat is missing or the port does not appear within 5 s
 */
export const openPtyLine = async (path: string): Promise<SimLine> => {
  if (!hasSocat()) throw new MingchengError("SIM_LINE_FAILED", "socat is not installed", { field: "listen" });
  let listener: LineListener = deaf;
  let child: Socat | undefined;
  let connections = 0;
  let open = false;
  let closed = false;

  const hangUp = () => {
    if (!open) return;
    open = false;
    listener.down();
  };

  const start = (): Promise<void> =>
    new Promise((resolve, reject) => {
      rmSync(path, { force: true });
      const terminal = `pty,raw,echo=0,link=${path},wait-slave,pty-interval=0.02`;
      const socat: Socat = spawn("socat", ["-d", "-d", "-", terminal], { stdio: ["pipe", "pipe", "pipe"] });
      child = socat;
      const late = setTimeout(() => reject(new MingchengError("SIM_LINE_FAILED", `${path} did not appear`)), 5000);
      socat.stdin.on("error", () => {});
      socat.stdout.on("data", (bytes: Uint8Array) => {
        if (child === socat) listener.bytes(bytes);
      });
      socat.stderr.on("data", (text: Buffer) => {
        const said = text.toString();
        if (said.includes("PTY is")) {
          clearTimeout(late);
          resolve();
        }
        // socat says so once the other end has opened the port.
        if (!said.includes("starting data transfer loop") || child !== socat) return;
        open = true;
        connections++;
        listener.up();
      });
      socat.on("error", (cause) => reject(new MingchengError("SIM_LINE_FAILED", String(cause), { cause })));
      socat.on("exit", () => {
        if (child !== socat) return;
        hangUp();
        if (!closed) start().catch(() => {});
      });
    });
  await start();

  return {
    address: path,
    connection: () => (open ? connections : 0),
    send: (bytes) => {
      if (!open || child === undefined || child.stdin.writableLength > maxUnsentBytes) return false;
      child.stdin.write(bytes);
      return true;
    },
    listen: (next) => {
      listener = next;
    },
    drop: () => {
      child?.kill("SIGTERM");
    },
    close: async () => {
      closed = true;
      const last = child;
      if (last === undefined || last.exitCode !== null) return;
      const gone = new Promise<void>((resolve) => last.once("exit", () => resolve()));
      last.kill("SIGTERM");
      await gone;
      rmSync(path, { force: true });
    },
  };
};
