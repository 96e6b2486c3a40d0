import { readdir, readFile, stat } from "node:fs/promises";

/** What the operating system says about how its clock was set. */
export interface ClockEvidence {
  /** When a time service last set the clock, by that very clock, in milliseconds since 1970; null = not since boot. */
  readonly ntpSetMs: number | null;
  /** The kernel set the clock at boot from a battery clock. */
  readonly isFromRtc: boolean;
}

/** Files that time services touch when they have set the clock. */
export interface EvidencePaths {
  /** Gone after every boot, so that being there is enough. */
  readonly sinceBoot: readonly string[];
  /** Outlive the boot: they count when they are younger. */
  readonly lasting: readonly string[];
  readonly rtc: string;
}

/** Where Debian's time services leave them: systemd-timesyncd(8), chrony.conf(5) `driftfile`, ntp.conf(5) `driftfile`. */
export const systemPaths: EvidencePaths = {
  sinceBoot: ["/run/systemd/timesync/synchronized"],
  lasting: [
    "/var/lib/chrony/chrony.drift",
    "/var/lib/chrony/drift",
    "/var/lib/ntpsec/ntp.drift",
    "/var/lib/ntp/ntp.drift",
  ],
  rtc: "/sys/class/rtc",
};

const changedMs = async (path: string): Promise<number | null> => {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return null;
  }
};

const isFromRtc = async (directory: string): Promise<boolean> => {
  try {
    for (const name of await readdir(directory)) {
      const text = await readFile(`${directory}/${name}/hctosys`, "utf8").catch(() => "0");
      if (text.trim() === "1") return true;
    }
  } catch {
    // No battery clock, or no /sys: nothing to rely on.
  }
  return false;
};

/** Reads the evidence from files alone: nothing is started, nothing is asked. `bootedMs` is the boot by the system clock. */
export const readEvidence = async (paths: EvidencePaths, bootedMs: number): Promise<ClockEvidence> => {
  const sinceBoot = await Promise.all(paths.sinceBoot.map(changedMs));
  const lasting = await Promise.all(paths.lasting.map(changedMs));
  const marks = [...sinceBoot, ...lasting.filter((ms) => ms !== null && ms > bootedMs)].filter((ms) => ms !== null);
  return { ntpSetMs: marks.length === 0 ? null : Math.max(...marks), isFromRtc: await isFromRtc(paths.rtc) };
};
