import { type ChildProcessByStdio, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { MingchengError } from "@mingcheng/protocols";
import { deaf, type LineListener, type SimLine } from "./sim-line.ts";

type Bridge = ChildProcessByStdio<Writable, Readable, Readable>;

/** Unsent bytes after which the other end counts as not reading. */
const maxUnsentBytes = 4096;

/**
 * Holds the device's end of a pseudo-terminal, because Node.js cannot make one: standard input goes to whoever has the
 * port open, what comes back goes to standard output, and standard error says `ready`, `up` and `down`. When the port is
 * closed, what was not read is forgotten, so that nobody reads what was meant for the reader before.
 */
const bridgeProgram = `
import os, pty, select, sys, termios, tty
path = sys.argv[1]

def say(word):
    os.write(2, (word + "\\n").encode())

master, slave = pty.openpty()
tty.setraw(slave)
# A reader that does not keep up loses bytes, as on a real line.
os.set_blocking(master, False)
name = os.ttyname(slave)
os.symlink(name, path)
os.close(slave)

def forget_unread():
    again = os.open(name, os.O_RDWR | os.O_NOCTTY)
    termios.tcflush(again, termios.TCIOFLUSH)
    os.close(again)

say("ready")
is_open = False
while True:
    watch = select.poll()
    watch.register(0, select.POLLIN)
    if is_open:
        watch.register(master, select.POLLIN)
    events = dict(watch.poll(None if is_open else 5))
    state = select.poll()
    state.register(master, 0)
    hung_up = any(event & select.POLLHUP for _, event in state.poll(0))
    if is_open and hung_up:
        is_open = False
        forget_unread()
        say("down")
    elif not is_open and not hung_up:
        is_open = True
        say("up")
    if 0 in events:
        data = os.read(0, 4096)
        if not data:
            break
        if is_open:
            try:
                os.write(master, data)
            except OSError:
                pass
    if is_open and master in events:
        try:
            os.write(1, os.read(master, 4096))
        except OSError:
            pass
os.unlink(path)
`;

/**
 * A device on a serial port: one end of a pseudo-terminal whose other end appears at `path` and is opened by the gateway
 * like any port. Held by python3, which building the serial library needs anyway. As on a real line, what is sent while
 * nobody has the port open is lost. `drop` pulls the cable: the port vanishes and comes back.
 * @throws {MingchengError} SIM_LINE_FAILED when python3 is missing or the port does not appear within 5 s
 */
export const openPtyLine = async (path: string): Promise<SimLine> => {
  let listener: LineListener = deaf;
  let bridge: Bridge | undefined;
  /** A bridge that was told to end: what it still says counts no more. */
  let pulled: Bridge | undefined;
  let connections = 0;
  let open = false;
  let closed = false;

  const hangUp = () => {
    if (!open) return;
    open = false;
    listener.down();
  };

  const hear = (word: string, ready: () => void) => {
    if (word === "ready") ready();
    if (word === "down") hangUp();
    if (word !== "up") return;
    open = true;
    connections++;
    listener.up();
  };

  const start = (): Promise<void> =>
    new Promise((resolve, reject) => {
      rmSync(path, { force: true });
      const started: Bridge = spawn("python3", ["-c", bridgeProgram, path], { stdio: ["pipe", "pipe", "pipe"] });
      bridge = started;
      const late = setTimeout(() => reject(new MingchengError("SIM_LINE_FAILED", `${path} did not appear`)), 5000);
      const ready = () => {
        clearTimeout(late);
        resolve();
      };
      started.stdin.on("error", () => {});
      started.stdout.on("data", (bytes: Uint8Array) => {
        if (bridge === started && pulled !== started) listener.bytes(bytes);
      });
      started.stderr.setEncoding("utf8").on("data", (text: string) => {
        if (bridge === started && pulled !== started) for (const word of text.split("\n")) hear(word, ready);
      });
      started.on("error", (cause) => reject(new MingchengError("SIM_LINE_FAILED", String(cause), { cause })));
      started.on("exit", () => {
        clearTimeout(late);
        if (bridge !== started) return;
        hangUp();
        if (!closed) start().catch(() => {});
      });
    });
  await start();

  return {
    address: path,
    connection: () => (open ? connections : 0),
    send: (bytes) => {
      if (!open || bridge === undefined || bridge.stdin.writableLength > maxUnsentBytes) return false;
      bridge.stdin.write(bytes);
      return true;
    },
    listen: (next) => {
      listener = next;
    },
    drop: () => {
      pulled = bridge;
      rmSync(path, { force: true });
      bridge?.kill("SIGTERM");
      hangUp();
    },
    close: async () => {
      closed = true;
      const last = bridge;
      if (last === undefined || last.exitCode !== null || last.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => last.once("exit", () => resolve()));
      last.kill("SIGTERM");
      await gone;
      rmSync(path, { force: true });
    },
  };
};
