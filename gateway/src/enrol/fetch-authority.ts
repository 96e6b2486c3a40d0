import { createHash, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { authorityPath, type EnrolmentCode, MingchengError } from "@mingcheng/protocols";
import { exchange } from "./secure-exchange.ts";

const withinMs = 15_000;

/** SHA-256 of a certificate's DER, hexadecimal: what an enrolment code names. */
export const certificateFingerprint = (certificate: X509Certificate): string =>
  createHash("sha256").update(certificate.raw).digest("hex");

/** A TLS connection to whoever answers: the fingerprint tells whether what comes over it can be believed. */
const openUnverified = ({ host, port }: EnrolmentCode): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port, ...servername, minVersion: "TLSv1.2", rejectUnauthorized: false });
    const fail = (message: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new MingchengError("CENTRE_UNREACHABLE", `${host}:${port}: ${message}`));
    };
    const timer = setTimeout(() => fail(`no answer in ${withinMs} ms`), withinMs);
    socket.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });

/**
 * Fetches the certificate of the centre's authority and compares it with the code's fingerprint. Nothing is sent but the
 * request for this public file: not the code, not the gateway's name.
 * @throws {MingchengError} CENTRE_UNREACHABLE; CENTRE_UNTRUSTED when it is not the certificate the code names
 */
export const fetchAuthority = async (code: EnrolmentCode): Promise<X509Certificate> => {
  const at = { host: code.host, port: code.port };
  const socket = await openUnverified(code);
  const { status, text } = await exchange({ socket, at, method: "GET", path: authorityPath, withinMs });
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(text);
  } catch {
    throw new MingchengError("CENTRE_UNTRUSTED", `${at.host}:${at.port}: no certificate (status ${status})`);
  }
  const found = certificateFingerprint(certificate);
  if (found === code.caSha256) return certificate;
  throw new MingchengError(
    "CENTRE_UNTRUSTED",
    `${at.host}:${at.port}: authority ${found}, the code names ${code.caSha256}`,
  );
};
