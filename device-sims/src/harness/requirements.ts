import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What a test may need from outside npm. `root` is the right to mount a small file system. */
export type Requirement =
  | "strace"
  | "libfaketime"
  | "mosquitto"
  | "openssl"
  | "python3"
  | "chromium"
  | "gstreamer"
  | "ffmpeg"
  | "systemd"
  | "prometheus"
  | "influxdb"
  | "victoria-metrics"
  | "root";

/** Where Debian puts the library that `faketime` preloads, per architecture. */
const fakeTimeLibraries = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(
  (triplet) => `/usr/lib/${triplet}/faketime/libfaketime.so.1`,
);

/** Path of libfaketime, or undefined when the Debian package `libfaketime` is not there. */
export const fakeTimeLibrary = (): string | undefined => fakeTimeLibraries.find((path) => existsSync(path));

const libraries = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib/python3/dist-packages"];
/** Server, its coder and what runs them: packages of their own. */
const gstreamerParts = ["girepository-1.0/GstRtspServer-1.0.typelib", "gstreamer-1.0/libgstx264.so", "gi/__init__.py"];

const onPath = (command: string): boolean =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"].some((dir) => {
    try {
      accessSync(join(dir, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const isMet = (requirement: Requirement): boolean => {
  switch (requirement) {
    case "libfaketime":
      return fakeTimeLibrary() !== undefined;
    case "gstreamer":
      return gstreamerParts.every((path) => libraries.some((folder) => existsSync(join(folder, path))));
    case "root":
      return process.getuid?.() === 0;
    case "influxdb":
      return onPath("influxd");
    case "systemd":
      return onPath("systemd-analyze") && onPath("systemd-notify");
    case "prometheus":
      return onPath("promtool");
    case "strace":
    case "mosquitto":
    case "openssl":
    case "python3":
    case "chromium":
    case "victoria-metrics":
    case "ffmpeg":
      return onPath(requirement);
  }
};

const enabledBy = (requirement: Requirement): string => {
  if (requirement === "root") return "sudo npm test";
  if (requirement === "gstreamer") return "sudo bash .ci/install-debian-packages.sh";
  return `sudo apt-get install -y ${requirement}`;
};

/** Whether a test can run, and what its title says when it cannot. */
export interface Needs {
  /** True when something is missing and the test may be left out. Never true with `CI=true`: there it runs and fails. */
  readonly skip: boolean;
  /** The title, followed, when something is missing, by the command that brings it. */
  title(text: string): string;
}

/** Looks for what a test needs: `const trace = needs("strace"); it.skipIf(trace.skip)(trace.title("…"), …)`. */
export const needs = (...requirements: readonly Requirement[]): Needs => {
  const missing = requirements.filter((requirement) => !isMet(requirement));
  const commands = [...new Set(missing.map(enabledBy))].join(" && ");
  return {
    skip: missing.length > 0 && process.env["CI"] !== "true",
    title: (text) => (missing.length === 0 ? text : `${text} [needs ${missing.join(", ")}; to enable: ${commands}]`),
  };
};
