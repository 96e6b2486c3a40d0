/** A text in both languages. */
export interface SetupText {
  readonly zh: string;
  readonly en: string;
}

/** Whether the door of a gateway's set-up page is open to whoever asks. */
export interface SetupDoor {
  readonly signedIn: boolean;
}

/** A last value as it came off the wire, or a result that was captured. Nothing here is stored. */
export interface SetupValue {
  readonly device: string;
  /** Local time of the gateway. */
  readonly at: string;
  /** `live`: unsettled, of a scale. `captured`: on disk as a record. */
  readonly what: "live" | "captured";
  /** Kind of the record: `weighing`, `test`, `sale`, `scale-event`; null while unsettled. */
  readonly kind: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One device of the gateway. */
export interface SetupDevice {
  readonly id: string;
  readonly protocol: string;
  /** What its protocol is called; null for devices of the LAN intake. */
  readonly name: SetupText | null;
  readonly address: string;
  readonly insecureTransport: boolean;
  readonly state: "opening" | "connected" | "online" | "offline" | "silent" | "parked";
  readonly since: string;
  readonly reason: string;
  readonly lastFrameAt: string | null;
  readonly lastCapturedAt: string | null;
  readonly captured: Readonly<Record<string, number>>;
  readonly missed: number;
  readonly quarantined: number;
  readonly frames: number;
  readonly next: SetupText | null;
  /** Set for an adapter that nobody has confirmed: where it is, and which devices it may be. */
  readonly unidentified: { readonly path: string; readonly mayBe: readonly string[] } | null;
}

/** How the gateway stands. */
export interface SetupState {
  readonly at: string;
  readonly state: "starting" | "ok" | "attention" | "failed";
  readonly gw: string;
  readonly site: string;
  readonly centreName: string;
  readonly software: { readonly name: string; readonly version: string };
  readonly uptimeMs: number;
  readonly rssBytes: number;
  readonly kid: string;
  readonly clock: {
    readonly wall: string;
    readonly sync: "ntp" | "rtc" | "receipt" | "none";
    readonly errMs: number | null;
    readonly isBehind: boolean;
    readonly aheadOfCentreMs: number | null;
    readonly next: SetupText | null;
  };
  readonly outbox: {
    readonly state: "opening" | "ok" | "full" | "read-only" | "io-error";
    readonly bufferedRecords: number;
    readonly bufferedBytes: number;
    readonly freeBytes: number;
    readonly next: SetupText | null;
  };
  readonly quarantineFiles: number;
  readonly uplink: {
    readonly state: "down" | "connected" | "ready";
    readonly pending: number;
    readonly lastReceiptAt: string | null;
    readonly reconnects: number;
    readonly error: { readonly code: string; readonly message: string } | null;
    readonly next: SetupText | null;
  };
  readonly devices: readonly SetupDevice[];
  /** The gateway's own file; `version` above 0: the centre has the say over the devices. */
  readonly configuration: { readonly file: string | null; readonly version: number };
}

/** A serial port that is plugged in. */
export interface SetupPort {
  /** What the kernel calls it today. */
  readonly tty: string;
  readonly byId: string | null;
  readonly byPath: string | null;
  /** The address to configure. */
  readonly best: string;
  /** Serial number of the adapter; null for adapters without one of their own. */
  readonly serialNumber: string | null;
  /** What the port is recognised by. */
  readonly boundBy: "serial-number" | "socket" | "nothing";
  /** Id of the device that is at this port; null for a free one. */
  readonly device: string | null;
}

/** An option of a driver that has no default: somebody who sees the device has to say it. */
export interface SetupOption {
  readonly name: string;
  readonly text: SetupText;
  readonly value: unknown;
  /** What it may be; null for a free value. */
  readonly choices: readonly string[] | null;
}

/** A family that may be speaking at a port. */
export interface SetupCandidate {
  readonly protocol: string;
  readonly name: SetupText;
  /** 0 to 1. */
  readonly score: number;
  readonly frames: number;
  readonly coverage: number;
  readonly damaged: number;
  readonly samples: readonly string[];
  readonly options: readonly SetupOption[];
  /** YAML, ready to be pasted. */
  readonly configuration: string;
}

/** What detecting found at one address. */
export interface SetupFinding {
  readonly address: string;
  readonly bestAddress: string;
  readonly outcome: "recognised" | "ambiguous" | "possible" | "unknown" | "silent" | "failed";
  readonly verdict: SetupText;
  readonly next: SetupText | null;
  /** About an adapter without a serial number of its own. */
  readonly warning: SetupText | null;
  /** `9600 8N1`; null on TCP. */
  readonly settings: string | null;
  readonly candidates: readonly SetupCandidate[];
  /** How many of the first candidates fit equally well. */
  readonly equals: number;
  /** The configured device at this address; its entry is replaced on acceptance. */
  readonly device: string | null;
  /** An id for it. */
  readonly suggestedId: string;
}

/** What is being tried, per address. */
export interface SetupDetectStep {
  readonly address: string;
  readonly doing: "listening" | "probing";
  readonly settings: string | null;
  readonly protocol: string | null;
}

/** A detection, running or over. */
export interface SetupDetection {
  readonly state: "idle" | "running" | "done";
  readonly startedAt: string | null;
  readonly seconds: number;
  readonly probe: boolean;
  readonly waiting: readonly SetupDetectStep[];
  readonly findings: readonly SetupFinding[];
  /** Ports left alone because a device is heard there. */
  readonly inUse: readonly { readonly address: string; readonly device: string }[];
}

/** What became of a change of the configuration. */
export interface SetupChange {
  readonly device: string;
  /** False: the file is written, the gateway has to be restarted. */
  readonly applied: boolean;
  readonly file: string;
  /** The file as it was before. */
  readonly previous: string;
}

/** One line of the acceptance report. */
export interface SetupCheck {
  readonly id: string;
  readonly verdict: "pass" | "attention" | "fail";
  readonly title: SetupText;
  readonly text: SetupText;
  readonly next: SetupText | null;
}

/** The self-check of a gateway, to be printed and signed. */
export interface SetupReport {
  readonly at: string;
  readonly gw: string;
  readonly site: string;
  readonly centreName: string;
  readonly software: { readonly name: string; readonly version: string };
  readonly kid: string;
  readonly verdict: "pass" | "attention" | "fail";
  readonly checks: readonly SetupCheck[];
  readonly devices: readonly SetupDevice[];
}

/** What the set-up page is told while it is open, by name of the event. */
export interface SetupEvents {
  readonly state: SetupState;
  readonly value: SetupValue;
  readonly detection: SetupDetection;
}
