import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ChannelPorts } from "../channel.ts";

/** A serial port to a modem. */
export interface PortSettings {
  readonly path: string;
  readonly baudRate: number;
  readonly rtscts: boolean;
}

/** Who hears what comes from the port. */
export interface PortListener {
  bytes(bytes: Uint8Array): void;
  /** It is gone: pulled out, or closed; once. */
  end(reason: string): void;
}

/** An open port. */
export interface ModemPort {
  write(text: string): void;
  /** Frees it; DTR falls, and many modems hang up what they were at. */
  close(): Promise<void>;
}

/** What the process that holds the port is told. */
export type ToPort =
  | { readonly type: "open"; readonly settings: PortSettings }
  | { readonly type: "write"; readonly text: string }
  | { readonly type: "close" };

/** What it says. */
export type FromPort =
  | { readonly type: "opened" }
  | { readonly type: "failed"; readonly reason: string }
  | { readonly type: "ended"; readonly reason: string }
  | { readonly type: "bytes"; readonly bytes: Uint8Array };

const isSource = import.meta.url.endsWith(".ts");
// From source the built entry is run: a process of its own reads no TypeScript.
const folder = isSource ? "../../../dist/channels/gsm-modem/" : "./";
const entry = fileURLToPath(new URL(`${folder}modem-port-entry.js`, import.meta.url));

const heapMiB = 32;
const closeWithinMs = 2_000;

const start = (): ChildProcess =>
  fork(entry, [], {
    execArgv: [`--max-old-space-size=${heapMiB}`],
    // Nothing of our environment that it does not need.
    env: { PATH: process.env["PATH"], TZ: process.env["TZ"], NODE_PATH: process.env["NODE_PATH"] },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
  });

const portOf = (child: ChildProcess, exited: Promise<void>, ports: Pick<ChannelPorts, "later">): ModemPort => {
  const tell = (message: ToPort): void => {
    if (child.connected) child.send(message, () => undefined);
  };
  return {
    write: (text) => tell({ type: "write", text }),
    close: async () => {
      tell({ type: "close" });
      const cancel = ports.later(() => child.kill("SIGKILL"), closeWithinMs);
      await exited;
      cancel();
    },
  };
};

/**
 * Opens a serial port in a process of its own: the library's native part works on a main thread only, and neither a
 * fault in it nor a driver that hangs reaches the centre. The process ends with the port, or with this one. Never rejects:
 * resolves with why it cannot be opened.
 */
export const openModemPort = (
  settings: PortSettings,
  listener: PortListener,
  ports: Pick<ChannelPorts, "later">,
): Promise<ModemPort | { readonly reason: string }> => {
  const child = start();
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = portOf(child, exited, ports);
  let isOver = false;
  const end = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    listener.end(reason);
  };
  return new Promise((resolve) => {
    const fail = (reason: string): void => {
      isOver = true;
      child.kill("SIGKILL");
      resolve({ reason });
    };
    child.once("error", (error) => fail(error.message));
    child.once("exit", () => {
      resolve({ reason: "the port's process ended" });
      end("the port's process ended");
    });
    child.on("message", (message: FromPort) => {
      if (message.type === "opened") resolve(port);
      else if (message.type === "failed") fail(message.reason);
      else if (message.type === "ended") end(message.reason);
      else if (!isOver) listener.bytes(message.bytes);
    });
    child.send({ type: "open", settings } satisfies ToPort, () => undefined);
  });
};
