import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Files of a certificate and its key, and the certificate's text. */
export interface Issued {
  readonly certPath: string;
  readonly keyPath: string;
  readonly pem: string;
}

/** How a server certificate is made. Times as OpenSSL wants them: `20260101000000Z`. */
export interface ServerOptions {
  readonly name: string;
  /** Subject alternative names: `IP:127.0.0.1,DNS:localhost`. */
  readonly names?: string;
  readonly start?: string;
  readonly end?: string;
  readonly usage?: string;
}

const config = `
[req]
distinguished_name = dn
prompt = no
[dn]
CN = placeholder
[authority]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign
[ca]
default_ca = own
[own]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
`;

/** An authority made with OpenSSL's own tool: nothing of the product takes part in making what it must judge. */
export class TestAuthority {
  readonly issued: Issued;
  private readonly dir: string;

  /** `name`: another than all authorities of the tests otherwise bear. */
  constructor(dir: string, validity: { readonly start?: string; readonly end?: string; readonly name?: string } = {}) {
    mkdirSync(dir, { recursive: true });
    this.dir = dir;
    writeFileSync(join(dir, "openssl.cnf"), config);
    writeFileSync(join(dir, "index.txt"), "");
    writeFileSync(join(dir, "serial"), "01\n");
    const request = this.request("authority", validity.name);
    this.issued = this.sign("authority", request, [
      ...["-selfsign", "-keyfile", request.keyPath, "-extensions", "authority"],
      ...["-startdate", validity.start ?? "20200101000000Z", "-enddate", validity.end ?? "20490101000000Z"],
    ]);
  }

  server(options: ServerOptions): Issued {
    const { name, names = "IP:127.0.0.1,DNS:localhost", usage = "serverAuth" } = options;
    const extensions = join(this.dir, `${name}.ext`);
    // Without key identifiers nothing but the signature tells two authorities of one name apart.
    const anonymous = "authorityKeyIdentifier=none\nsubjectKeyIdentifier=none\n";
    const text = `${anonymous}basicConstraints=critical,CA:FALSE\nextendedKeyUsage=${usage}\nsubjectAltName=${names}\n`;
    writeFileSync(extensions, text);
    return this.sign(name, this.request(name), [
      ...["-cert", this.issued.certPath, "-keyfile", this.issued.keyPath, "-extfile", extensions],
      ...["-startdate", options.start ?? "20200101000000Z", "-enddate", options.end ?? "20490101000000Z"],
    ]);
  }

  private request(name: string, subject = name): { keyPath: string; requestPath: string } {
    const keyPath = join(this.dir, `${name}-key.pem`);
    const requestPath = join(this.dir, `${name}.csr`);
    this.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", keyPath);
    this.openssl(
      "req",
      "-new",
      "-config",
      "openssl.cnf",
      "-key",
      keyPath,
      "-subj",
      `/CN=${subject}`,
      "-out",
      requestPath,
    );
    return { keyPath, requestPath };
  }

  private sign(
    name: string,
    { keyPath, requestPath }: { keyPath: string; requestPath: string },
    args: string[],
  ): Issued {
    const certPath = join(this.dir, `${name}.pem`);
    this.openssl("ca", "-batch", "-notext", "-config", "openssl.cnf", "-in", requestPath, "-out", certPath, ...args);
    return { certPath, keyPath, pem: readFileSync(certPath, "utf8") };
  }

  private openssl(...args: string[]): void {
    execFileSync("openssl", args, { cwd: this.dir, stdio: ["ignore", "ignore", "pipe"] });
  }
}
