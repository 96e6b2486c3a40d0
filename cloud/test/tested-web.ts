import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlertStore } from "../src/alerts/alert-store.ts";
import { writeExport } from "../src/api/exports/write-export.ts";
import { cloudConfigSchema } from "../src/config/cloud-config.ts";
import { createAuthority, createServerCertificate } from "../src/keys/certificate-issuer.ts";
import type { MediaAccess } from "../src/media/media-access.ts";
import { answerReport } from "../src/reports/open-report.ts";
import { UserRegister } from "../src/users/user-register.ts";
import type { WebThreadData } from "../src/web/web-messages.ts";
import { WebService } from "../src/web/web-service.ts";
import { call, cookieOf, type Target } from "./https-client.ts";
import { sampleNowMs, sampleRecord, trustedTime } from "./memory-ledger.ts";
import { SeededCentre } from "./seeded-centre.ts";

/** Passwords cost next to nothing here. */
const testCost = { logN: 4, r: 8, p: 1 };

/** The password of every user: `user-ope`, `user-ins`, `user-cen`, `user-adm`, `user-aud`, by role. */
export const testPassword = "leek 韭菜 2026 x";

const roles = { ope: "operator", ins: "inspector", cen: "centre", adm: "administrator", aud: "auditor" } as const;

const issue = async () => {
  const authority = await createAuthority("test", Date.now());
  const server = await createServerCertificate(authority, ["localhost", "127.0.0.1"], Date.now());
  return { ca: authority.certPem, tls: { key: server.keyPem, cert: server.certPem } };
};
let issued: ReturnType<typeof issue> | undefined;

const makeScreens = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "mingcheng-screens-"));
  mkdirSync(join(directory, "assets"));
  writeFileSync(join(directory, "index.html"), "<!doctype html><title>screens</title>");
  writeFileSync(join(directory, "assets", "main-abc.js"), "export {};");
  return directory;
};

/** The web service in this process, over HTTPS, on seeded stores and a clock of its own. */
export class TestedWeb {
  readonly centre = new SeededCentre();
  readonly logged: string[] = [];
  readonly #screens = makeScreens();
  readonly #perMinute: number;
  readonly #media: MediaAccess | null;
  service!: WebService;
  target!: Target;
  firstLogin: { user: string; password: string } | null = null;
  nowMs = sampleNowMs;
  #seq = 0;

  private constructor(perMinute: number, media: MediaAccess | null) {
    this.#perMinute = perMinute;
    this.#media = media;
  }

  /** Starts it; `empty`: without any user; `media`: as if video were served there. */
  static async start({
    empty = false,
    perMinute = 100_000,
    media = null,
  }: {
    readonly empty?: boolean;
    readonly perMinute?: number;
    readonly media?: MediaAccess | null;
  } = {}): Promise<TestedWeb> {
    const web = new TestedWeb(perMinute, media);
    const users = new UserRegister(web.centre.register, { cost: testCost });
    for (const [name, role] of empty ? [] : Object.entries(roles)) {
      await users.add({ name: `user-${name}`, role, password: testPassword }, web.nowMs);
    }
    await web.#listen();
    return web;
  }

  async #listen(): Promise<void> {
    issued ??= issue();
    const { ca, tls } = await issued;
    const config = cloudConfigSchema.parse({ https: { host: "127.0.0.1", port: 0 } });
    const data: WebThreadData = {
      dataDirectory: this.centre.directory,
      media: this.#media,
      config: { ...config, publicHost: "centre.example.org" },
      ...{ tls, hosts: ["centre.example.org", "localhost", "127.0.0.1"], screens: this.#screens },
      card: {
        mqtt: { host: "localhost", port: 8883 },
        ...{ receiptKey: new Uint8Array(32), commandKey: new Uint8Array(32), manifestKey: new Uint8Array(32) },
        ...{ authorityPem: ca, centreName: "test" },
      },
    };
    this.service = new WebService(data, {
      nowMs: () => this.nowMs,
      log: (level, text, detail) => this.logged.push(`${level} ${text} ${JSON.stringify(detail)}`),
      ...{ passwordCost: testCost, perMinute: this.#perMinute },
      // On this thread: threads run what is built only.
      runExport: writeExport,
      runReport: async (job) => answerReport(job),
    });
    const { port, firstLogin } = await this.service.start();
    this.target = { port, ca };
    this.firstLogin = firstLogin;
  }

  get users(): UserRegister {
    return new UserRegister(this.centre.register, { cost: testCost });
  }

  /** Signs a user in and returns the session's cookie; undefined when that is refused. */
  async signIn(user: string, password = testPassword): Promise<string | undefined> {
    return cookieOf(await call(this.target, "/api/v1/login", { method: "POST", body: { user, password } }));
  }

  /** The user whose session `cookie` is; undefined when it is nobody's. */
  async userOf(cookie: string | undefined): Promise<string | undefined> {
    const { status, json } = await call(this.target, "/api/v1/me", { cookie });
    return status === 200 ? json.user : undefined;
  }

  /** Commits a record of `market-a`, as said and received now. */
  commit(sample: Parameters<typeof sampleRecord>[0]): void {
    this.#seq++;
    const record = sampleRecord({ seq: this.#seq, n: this.#seq, t: trustedTime(this.nowMs), ...sample });
    this.centre.commit(record, this.nowMs);
  }

  /** Brings the projections up to the ledger and tells the service. */
  project(): void {
    this.centre.project();
    this.service.recordsMoved();
  }

  /** Opens an alert of a gateway's tester. */
  fireAlert(id: string, gw = "market-a"): void {
    new AlertStore(this.centre.alerts).open(
      {
        ...{ id, rule: "test-positive", groupKey: JSON.stringify({ lsn: id }), labels: {}, severity: "attention" },
        ...{ title: { zh: "快检阳性（待复检）", en: "Rapid test positive" }, next: { zh: "复检", en: "Test again" } },
        ...{ runbook: "test-positive", owner: "role:inspector", ownerReason: "rule", gw, dev: "tester-1" },
        ...{ lsn: 1, late: false, startedMs: this.nowMs, openedMs: this.nowMs },
      },
      { to: "firing", reason: "condition-met", atMs: this.nowMs },
    );
  }

  async close(): Promise<void> {
    await this.service.close();
    this.centre.close();
    rmSync(this.#screens, { recursive: true, force: true });
  }
}
