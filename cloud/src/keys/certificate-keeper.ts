import { encodeAuthorities, type Signer } from "@mingcheng/protocols";
import type { Figure } from "../health/figure.ts";
import {
  type Authorities,
  dueWithAuthorities,
  introduceAuthority,
  loadAuthorities,
  switchAuthority,
} from "./authorities.ts";
import { loadServerCertificate } from "./centre-keys.ts";
import { type CertifiedKey, endsMs } from "./certificates.ts";
import { keysDirectory } from "./key-files.ts";

/** Operators hear of a certificate so long before it ends. */
export const warnBeforeMs = 30 * 24 * 3_600_000;

/** What the centre serves with. */
export interface ServingCertificates {
  readonly server: CertifiedKey;
  readonly authorities: Authorities;
}

/** What {@link CertificateKeeper} works with. */
export interface CertificateKeeperPorts {
  readonly dataDirectory: string;
  readonly centreName: string;
  /** Names and addresses that the server's certificate covers. */
  readonly hosts: readonly string[];
  readonly serving: ServingCertificates;
  /** The key that gateways have pinned for what comes down to them. */
  readonly receipt: Signer;
  readonly nowMs: () => number;
  /** Certificates changed: listeners are to serve with them from the next connection on. */
  onChange(serving: ServingCertificates): void;
  readonly log: { info(detail: object, text: string): void; error(detail: object, text: string): void };
}

/**
 * Keeps the centre's certificates from running out while it runs: renews the server's, introduces the next authority years
 * ahead and changes to it when gateways have had a year to learn it. What an operator does on the command line is taken over.
 */
export class CertificateKeeper {
  readonly #ports: CertificateKeeperPorts;
  #serving: ServingCertificates;
  #fault: string | null = null;
  readonly #messages = new Map<string, Uint8Array>();

  constructor(ports: CertificateKeeperPorts) {
    this.#ports = ports;
    this.#serving = ports.serving;
  }

  /** Does what is due. Never rejects: what cannot be done now is said, and the present certificates go on serving. */
  async check(): Promise<void> {
    try {
      await this.#check();
      this.#fault = null;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (text !== this.#fault) this.#ports.log.error({ error: text }, "certificates cannot be renewed now");
      this.#fault = text;
    }
  }

  async #check(): Promise<void> {
    const { dataDirectory, centreName, hosts, log } = this.#ports;
    const directory = keysDirectory(dataDirectory);
    const nowMs = this.#ports.nowMs();
    let authorities = await loadAuthorities(directory, centreName, nowMs);
    const due = dueWithAuthorities(authorities, nowMs);
    if (due !== "nothing") {
      await (due === "introduce" ? introduceAuthority : switchAuthority)(directory, centreName, nowMs);
      authorities = await loadAuthorities(directory, centreName, nowMs);
    }
    const server = await loadServerCertificate(directory, authorities.active, hosts, nowMs);
    const known = this.#serving;
    if (server.certPem === known.server.certPem && authorities.n === known.authorities.n) return;
    this.#serving = { server, authorities };
    this.#messages.clear();
    log.info(
      { ends: this.#ends().map(({ name, atMs }) => [name, new Date(atMs).toISOString()]) },
      "certificates changed",
    );
    this.#ports.onChange(this.#serving);
  }

  #ends(): { readonly name: string; readonly atMs: number }[] {
    const { server, authorities } = this.#serving;
    const { active, next } = authorities;
    const ends = [
      { name: "server", atMs: endsMs(server.certPem) },
      { name: "authority", atMs: endsMs(active.certPem) },
    ];
    return next === null ? ends : [...ends, { name: "authority-next", atMs: endsMs(next.certPem) }];
  }

  /** What gateway `gw` is told about authorities; undefined while there never was another than the one it enrolled with. */
  messageFor(gw: string): Uint8Array | undefined {
    const { n, active, next } = this.#serving.authorities;
    if (n === 0) return undefined;
    let message = this.#messages.get(gw);
    if (message === undefined) {
      const certificates = [active, ...(next === null ? [] : [next])].map(({ certPem }) => certPem);
      const at = new Date(this.#ports.nowMs()).toISOString();
      message = encodeAuthorities(gw, { n, certificates, at }, this.#ports.receipt);
      if (this.#messages.size < 100_000) this.#messages.set(gw, message);
    }
    return message;
  }

  /** What an operator must hear of; null when nothing ends within 30 days and renewing works. */
  warning(): string | null {
    const nowMs = this.#ports.nowMs();
    const soon = this.#ends().filter(({ atMs }) => atMs - nowMs < warnBeforeMs);
    const said = soon.map(({ name, atMs }) => `the ${name} certificate ends ${new Date(atMs).toISOString()}`);
    if (this.#fault !== null) said.push(`certificates cannot be renewed: ${this.#fault}`);
    return said.length === 0 ? null : said.join("; ");
  }

  figures(): readonly Figure[] {
    const nowMs = this.#ports.nowMs();
    return this.#ends().map(({ name, atMs }) => ({
      name: "mingcheng_certificate_remaining_seconds",
      help: "Time until a certificate of the centre ends; negative: it has ended.",
      type: "gauge",
      value: Math.round((atMs - nowMs) / 1000),
      labels: { certificate: name },
    }));
  }
}
