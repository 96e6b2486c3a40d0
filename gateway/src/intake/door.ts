import { randomBytes } from "node:crypto";
import { type ErrorCode, MingchengError } from "@mingcheng/protocols";
import type { IntakeDevice } from "../config/intake-config.ts";
import { type Credential, credentialVersion, readCredentials } from "./credential-file.ts";
import type { LoginGuard } from "./login-guard.ts";
import type { RefusalLog } from "./refusal-log.ts";
import { fastDigest, hashSecret, sameHex } from "./secret.ts";

/** Who knocks. */
export interface Caller {
  readonly device: string | undefined;
  readonly secret: string | undefined;
  readonly address: string;
  /** The secret came in plain text. */
  readonly plain: boolean;
}

/** What the door says. */
export type Admission =
  | { readonly device: IntakeDevice }
  | { readonly code: Extract<ErrorCode, "INTAKE_UNAUTHORIZED" | "INTAKE_LOCKED">; readonly retryAfterMs: number };

/** What {@link Door} needs. */
export interface DoorOptions {
  readonly devices: readonly IntakeDevice[];
  readonly credentialPath: string;
  readonly guard: LoginGuard;
  readonly refusals: RefusalLog;
}

/** Slow digests that may wait at a time: the rest is told to come again, so that guessing costs no memory. */
const maxWaiting = 8;
const comeAgainMs = 1_000;
/** A salt for names that do not exist: they take as long to refuse as those that do. */
const nobody: Pick<Credential, "salt" | "hash"> = { salt: "00".repeat(16), hash: "00".repeat(32) };

/**
 * Lets devices in that prove their secret, once slowly and then quickly. A secret that is taken away or replaced ends at
 * once. Never says why a name or secret is refused, and never writes a secret anywhere.
 */
export class Door {
  refused = 0;
  private readonly options: DoorOptions;
  private readonly devices: ReadonlyMap<string, IntakeDevice>;
  private readonly key = randomBytes(32);
  private proven = new Map<string, string>();
  private credentials = new Map<string, Credential>();
  private version = "";
  private waiting = 0;
  private digesting: Promise<unknown> = Promise.resolve();

  constructor(options: DoorOptions) {
    this.options = options;
    this.devices = new Map(options.devices.map((device) => [device.id, device]));
  }

  /**
   * Reads the credentials again where they changed; true then.
   * @throws {MingchengError} INTAKE_CREDENTIALS_DAMAGED: nobody is let in until it is mended
   */
  async refresh(): Promise<boolean> {
    const { credentialPath } = this.options;
    const version = await credentialVersion(credentialPath);
    if (version === this.version) return false;
    const before = this.credentials;
    this.credentials = new Map();
    const read = await readCredentials(credentialPath);
    this.credentials = new Map(read.map((credential) => [credential.device, credential]));
    this.version = version;
    const isSame = ([device]: readonly [string, string]) =>
      before.get(device)?.hash === this.credentials.get(device)?.hash;
    this.proven = new Map([...this.proven].filter(isSame));
    return true;
  }

  /** True while the device's secret is the one that it was let in with. */
  isStillWelcome(device: string): boolean {
    return this.proven.has(device);
  }

  /** Devices of the configuration that have no secret yet. */
  withoutSecret(): string[] {
    return [...this.devices.keys()].filter((id) => !this.credentials.has(id));
  }

  /** Lets a caller in or not. Never throws. */
  async admit(caller: Caller): Promise<Admission> {
    const { guard } = this.options;
    const { address, plain } = caller;
    await this.refresh().catch((error: unknown) => this.damaged(error));
    const device = this.devices.get(caller.device ?? "");
    const isProven = this.isProven(caller);
    if (isProven && device !== undefined && (!plain || device.insecureTransport)) return { device };
    const lockedMs = guard.lockedForMs(address);
    if (lockedMs > 0) return this.refuse(caller, "INTAKE_LOCKED", "the address is locked", lockedMs);
    if (caller.device === undefined || caller.secret === undefined) {
      return this.refuse(caller, "INTAKE_UNAUTHORIZED", "no name or secret", 0);
    }
    const isRight = isProven || (await this.proves(caller, caller.device, caller.secret));
    if (isRight === undefined) return this.refuse(caller, "INTAKE_LOCKED", "too many at a time", comeAgainMs);
    if (!isRight || device === undefined) {
      guard.failed(address);
      return this.refuse(caller, "INTAKE_UNAUTHORIZED", isRight ? "not configured" : "wrong name or secret", 0);
    }
    guard.succeeded(address);
    if (!plain || device.insecureTransport) return { device };
    return this.refuse(caller, "INTAKE_UNAUTHORIZED", "plain text, which is not allowed to it: replace its secret", 0);
  }

  private damaged(error: unknown): void {
    const message = error instanceof MingchengError ? `${error.code}: ${error.message}` : String(error);
    this.options.refusals.write("credentials", { message }, "intake: the credentials cannot be read");
  }

  private isProven({ device = "", secret = "" }: Caller): boolean {
    const proof = this.proven.get(device);
    return proof !== undefined && sameHex(proof, fastDigest(this.key, device, secret));
  }

  /** One slow digest at a time; undefined when too many wait already. */
  private async proves(caller: Caller, device: string, secret: string): Promise<boolean | undefined> {
    if (this.waiting >= maxWaiting) return undefined;
    this.waiting += 1;
    const credential = this.credentials.get(device);
    const { salt, hash } = credential ?? nobody;
    const digest = this.digesting.then(() => hashSecret(secret.slice(0, 128), salt));
    this.digesting = digest.catch(() => undefined);
    try {
      const isRight = sameHex(await digest, hash) && credential !== undefined;
      // Only if it was not replaced meanwhile.
      if (isRight && this.credentials.get(device) === credential)
        this.proven.set(device, fastDigest(this.key, device, caller.secret ?? ""));
      return isRight;
    } finally {
      this.waiting -= 1;
    }
  }

  private refuse(
    caller: Caller,
    code: "INTAKE_UNAUTHORIZED" | "INTAKE_LOCKED",
    why: string,
    retryAfterMs: number,
  ): Admission {
    const { address, plain } = caller;
    const device = (caller.device ?? "").slice(0, 64);
    this.refused += 1;
    this.options.refusals.write(
      `login ${address} ${device} ${why}`,
      { address, device, plain, why },
      "intake: login refused",
    );
    return { code, retryAfterMs };
  }
}
