import { join } from "node:path";
import { fromHex, MingchengError } from "@mingcheng/protocols";
import { loadSigner } from "../crypto/signing-key.ts";
import { type Enrolment, keyFileName, readEnrolment } from "./enrolment-file.ts";
import { readKeyLogFile } from "./key-log-file.ts";
import { createKeyRing, type KeyRing } from "./key-ring.ts";

/** Where a listener stands. IPv6 without brackets. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Who this gateway is and whom it trusts, as enrolled. */
export interface GatewayIdentity {
  readonly gw: string;
  /** The key that seals, which may change in mid-run. */
  readonly signer: KeyRing;
  /** MQTT password. Not enumerable, so that it appears in no log and no JSON. */
  readonly credential: string;
  readonly mqtt: Endpoint;
  /** Raw Ed25519 public keys of the centre, pinned. */
  readonly receiptKey: Uint8Array;
  readonly commandKey: Uint8Array;
  readonly manifestKey: Uint8Array;
  /** Certificate of the centre's authority: the only one trusted. */
  readonly caPem: string;
  readonly centreName: string;
  readonly site: string;
  /** This box stands in the place of another: its first line says so. */
  readonly replaces: boolean;
  /** The centre's time of the enrolment, ISO 8601 UTC: the present cannot be earlier. */
  readonly enrolledAt: string;
}

/** Directory of keys and enrolment below a data directory: 0700, files 0600. */
export const identityDirectory = (dataDirectory: string): string => join(dataDirectory, "identity");

const keyOctets = (name: string, hex: string): Uint8Array => {
  const octets = fromHex(hex);
  if (octets?.length !== 32) throw new MingchengError("IDENTITY_DAMAGED", "not a public key", { field: name });
  return octets;
};

const identityOf = (enrolment: Enrolment, signer: KeyRing): GatewayIdentity => {
  const { gw, mqtt, caPem, centreName, site } = enrolment;
  const identity = {
    gw,
    signer,
    mqtt,
    receiptKey: keyOctets("receiptKey", enrolment.receiptKey),
    commandKey: keyOctets("commandKey", enrolment.commandKey),
    manifestKey: keyOctets("manifestKey", enrolment.manifestKey),
    caPem,
    centreName,
    site,
    replaces: enrolment.replaces === true,
    enrolledAt: enrolment.at,
  };
  return Object.defineProperty(identity, "credential", { value: enrolment.credential }) as GatewayIdentity;
};

/**
 * Loads what `enrol` stored, and the key it was rotated to since.
 * @throws {MingchengError} NOT_ENROLLED; IDENTITY_DAMAGED; KEY_INVALID when the signing key is missing, no key, not the
 *   enrolled one, or when a secret is readable by others than its owner
 */
export const loadIdentity = async (dataDirectory: string): Promise<GatewayIdentity> => {
  const directory = identityDirectory(dataDirectory);
  const enrolment = await readEnrolment(directory);
  if (enrolment === undefined) throw new MingchengError("NOT_ENROLLED", `no enrolment in ${directory}`);
  const log = await readKeyLogFile(directory);
  const kid = log.successorOf(enrolment.kid);
  const path = join(directory, keyFileName(kid));
  const signer = await loadSigner(path);
  if (signer.kid !== kid) {
    throw new MingchengError("KEY_INVALID", `${path} holds key ${signer.kid}, the one that seals is ${kid}`);
  }
  return identityOf(enrolment, createKeyRing(signer, log.octets));
};
