import { rename } from "node:fs/promises";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import { saveSigningKey } from "../crypto/signing-key.ts";
import { type CertifiedKey, endsMs } from "./certificates.ts";
import { readCertified, readIfThere, saveCertified } from "./key-files.ts";

const dayMs = 24 * 3_600_000;
/** The next authority is made so long before the present one ends, and handed out to every gateway that connects. */
const introduceBeforeMs = 3 * 365 * dayMs;
/** So long gateways have time to learn the next one before it issues the server's certificate. */
const overlapMs = 365 * dayMs;

/** Name of the file that says where a change of authority stands. */
export const authoritiesFileName = "authorities.json";

const fileSchema = z.strictObject({
  v: z.literal(1),
  /** Milliseconds since 1970 of the last change: grows with every list that gateways are told. */
  n: z.int().positive(),
  /** Since when the next one is handed out; null: there is none. */
  nextSinceMs: z.int().positive().nullable(),
  /** The next one is becoming the active one: to be finished at the next start. */
  switching: z.boolean(),
});

type AuthoritiesFile = z.infer<typeof fileSchema>;

/** The centre's authorities: one issues, and from time to time a next one is made known ahead. */
export interface Authorities {
  /** 0 while there never was another one than the first: nothing to tell gateways then. */
  readonly n: number;
  readonly active: CertifiedKey;
  readonly next: CertifiedKey | null;
  readonly nextSinceMs: number | null;
}

/** Making certificates takes a library that nothing else needs: it is loaded when one is made. */
const loadIssuer = () => import("./certificate-issuer.ts");

const readState = async (directory: string): Promise<AuthoritiesFile | undefined> => {
  const path = join(directory, authoritiesFileName);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new MingchengError("KEY_INVALID", `${path} is not as expected`, { cause });
  }
};

const saveState = (directory: string, state: AuthoritiesFile): Promise<void> =>
  saveSigningKey(join(directory, authoritiesFileName), `${JSON.stringify(state)}\n`);

const moveIfThere = async (from: string, to: string): Promise<void> => {
  if ((await readIfThere(from)) !== undefined) await rename(from, to);
};

/** Puts the next authority in the active one's place; a crash in between is made good when this runs again. */
const finishSwitch = async (directory: string, n: number): Promise<void> => {
  await moveIfThere(join(directory, "ca-next-key.pem"), join(directory, "ca-key.pem"));
  await moveIfThere(join(directory, "ca-next.pem"), join(directory, "ca.pem"));
  await saveState(directory, { v: 1, n, nextSinceMs: null, switching: false });
};

/** The authorities in a directory of keys; the first is made when there is none. @throws {MingchengError} KEY_INVALID */
export const loadAuthorities = async (directory: string, centreName: string, nowMs: number): Promise<Authorities> => {
  const state = await readState(directory);
  if (state?.switching === true) await finishSwitch(directory, state.n);
  const active = await readCertified(directory, "ca");
  if (active === undefined) {
    const made = await (await loadIssuer()).createAuthority(centreName, nowMs);
    await saveCertified(directory, "ca", made);
    return { n: 0, active: made, next: null, nextSinceMs: null };
  }
  const nextSinceMs = state?.switching === true ? null : (state?.nextSinceMs ?? null);
  const next = nextSinceMs === null ? undefined : await readCertified(directory, "ca-next");
  return { n: state?.n ?? 0, active, next: next ?? null, nextSinceMs: next === undefined ? null : nextSinceMs };
};

/**
 * Makes the next authority, to be handed out to gateways from now on. One that is there already stays.
 * @throws {MingchengError} KEY_INVALID
 */
export const introduceAuthority = async (directory: string, centreName: string, nowMs: number): Promise<void> => {
  const { next, n } = await loadAuthorities(directory, centreName, nowMs);
  if (next !== null) return;
  await saveCertified(directory, "ca-next", await (await loadIssuer()).createAuthority(centreName, nowMs));
  await saveState(directory, { v: 1, n: Math.max(n + 1, nowMs), nextSinceMs: nowMs, switching: false });
};

/**
 * Makes the next authority the one that issues. Gateways that were not connected since it was introduced have to be
 * enrolled again.
 * @throws {MingchengError} INPUT_INVALID when there is no next one
 */
export const switchAuthority = async (directory: string, centreName: string, nowMs: number): Promise<void> => {
  const { next, n } = await loadAuthorities(directory, centreName, nowMs);
  if (next === null) throw new MingchengError("INPUT_INVALID", "there is no next authority; introduce one first");
  const number = Math.max(n + 1, nowMs);
  await saveState(directory, { v: 1, n: number, nextSinceMs: nowMs, switching: true });
  await finishSwitch(directory, number);
};

/** What is due with the authorities at `nowMs`: nothing, the next one, or the change to it. */
export const dueWithAuthorities = (
  { active, next, nextSinceMs }: Authorities,
  nowMs: number,
): "nothing" | "introduce" | "switch" => {
  const leftMs = endsMs(active.certPem) - nowMs;
  if (next === null) return leftMs < introduceBeforeMs ? "introduce" : "nothing";
  return nextSinceMs !== null && nowMs - nextSinceMs >= overlapMs && leftMs < introduceBeforeMs ? "switch" : "nothing";
};
