import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { startBackupThread } from "./backup/backup-thread.ts";
import { type Broker, startBroker } from "./broker/broker.ts";
import { LiveRelay } from "./broker/live-relay.ts";
import { type CentreParts, faultsOf, figuresOf, warningsOf } from "./centre-parts.ts";
import { startCommandingThread } from "./commanding/commanding-thread.ts";
import type { CloudConfig } from "./config/cloud-config.ts";
import { saveEndpoints } from "./enrol/endpoints.ts";
import type { CentreCard } from "./enrol/enrol-routes.ts";
import { settleOlderLedger } from "./following/older-ledger.ts";
import { openFollowing } from "./following/open-following.ts";
import { diskFigures } from "./health/disk-figures.ts";
import { startHealthServer } from "./health/health-server.ts";
import type { ServiceSigns } from "./health/service-manager.ts";
import { createIngestFront } from "./ingest/ingest-front.ts";
import { IngestQuota } from "./ingest/ingest-quota.ts";
import { keepQuota } from "./ingest/quota-file.ts";
import { type CentreKeys, loadCentreKeys, ownHosts } from "./keys/centre-keys.ts";
import { CertificateKeeper } from "./keys/certificate-keeper.ts";
import { startLedgerThread } from "./ledger/ledger-thread.ts";
import { startMediaThread } from "./media/media-thread.ts";
import { type CredentialCheck, createCredentialCheck } from "./register/credential-check.ts";
import { openRegister } from "./register/register-database.ts";
import { startRetentionThread } from "./retention/retention-thread.ts";
import { software } from "./software.ts";
import { lockDataDirectory } from "./store/data-directory.ts";
import { openForReading } from "./store/database.ts";
import { openWeb } from "./web/open-web.ts";
import type { Web } from "./web/web.ts";

/** What a centre runs on. */
export interface CentreOptions {
  readonly dataDirectory: string;
  readonly config: CloudConfig;
  /** Written once everything can be used, with pid and addresses as JSON. */
  readonly readyFile: string | undefined;
  readonly log: Logger;
  /** A part that cannot be done without has ended: the process is to end, and to be started again. */
  readonly onFailure: (error: Error) => void;
}

/** Where one listener of the centre can be reached. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A running centre. */
export interface Centre {
  readonly mqtts: Address;
  readonly https: Address;
  readonly health: Address;
  /** Made at this start because there was no user; to be shown once. */
  readonly firstLogin: Web["firstLogin"];
  /** Whether what gateways send gets into the ledger. */
  signs(): ServiceSigns;
  /** Takes nothing more in, finishes what is under way, and lets go of the data directory. */
  close(): Promise<void>;
}

/** How often the register is asked whether connected gateways may stay. */
const recheckEveryMs = 1_000;

/** How often it is looked whether a certificate is to be renewed, or an operator has changed the authority. */
const certificatesEveryMs = 5_000;

const openCredentials = (dataDirectory: string): { check: CredentialCheck; close(): void } => {
  const database = openForReading(join(dataDirectory, "register.db"));
  return { check: createCredentialCheck(database), close: () => database.close() };
};

const writeReadyFile = async (path: string, content: object): Promise<void> => {
  await writeFile(`${path}.tmp`, `${JSON.stringify(content)}\n`);
  await rename(`${path}.tmp`, path);
};

/** Watches over the certificates; what listens is told of new ones. */
const keepCertificates = (
  { dataDirectory, config: { centreName, publicHost }, log }: CentreOptions,
  keys: CentreKeys,
  parts: CentreParts,
): (() => void) => {
  const keeper = new CertificateKeeper({
    ...{ dataDirectory, centreName, hosts: ownHosts(publicHost), log, nowMs: () => Date.now() },
    ...{ serving: { server: keys.server, authorities: keys.authorities }, receipt: keys.receipt },
    onChange: ({ server, authorities }) => {
      const tls = { key: server.keyPem, cert: server.certPem };
      parts.broker?.renewTls(tls);
      parts.broker?.tell((gw) => keeper.messageFor(gw));
      parts.web?.renewTls(tls, authorities.active.certPem);
      parts.media?.renewTls(tls);
    },
  });
  parts.certificates = keeper;
  const looking = setInterval(() => void keeper.check(), certificatesEveryMs);
  return () => clearInterval(looking);
};

const cardOf = (keys: CentreKeys, { publicHost, centreName }: CloudConfig, mqttPort: number): CentreCard => ({
  mqtt: { host: publicHost, port: mqttPort },
  receiptKey: keys.receipt.publicKey,
  commandKey: keys.command.publicKey,
  manifestKey: keys.manifest.publicKey,
  authorityPem: keys.authorityPem,
  centreName,
});

/** A store that does not open is reported by the thread that needs it. */
const olderLedger = (dataDirectory: string) => {
  try {
    return settleOlderLedger(dataDirectory, Date.now());
  } catch {
    return undefined;
  }
};

/** Starts the ledger's thread, the followers and the broker, in the order in which records flow. */
const startIntake = async (
  { dataDirectory, config, log, onFailure }: CentreOptions,
  keys: CentreKeys,
  parts: CentreParts,
  onClose: (step: () => Promise<void> | void) => void,
): Promise<Broker> => {
  const answering = { signer: keys.receipt, nowMs: () => Date.now(), random: Math.random };
  const older = olderLedger(dataDirectory);
  if (older !== undefined) log.error(older, "the ledger is an older copy: what it lacks is asked for again, or named");
  const ledger = await startLedgerThread({
    dataDirectory,
    answering,
    onFault: (error, message) => log.error({ error, message }, "the ledger could not take a message"),
    onExit: onFailure,
  });
  parts.ledger = ledger;
  onClose(() => ledger.close());
  const following = await openFollowing({ dataDirectory, config, log, onExit: onFailure });
  parts.following = following;
  onClose(() => following.close());
  const credentials = openCredentials(dataDirectory);
  onClose(() => credentials.close());
  const tls = { key: keys.server.keyPem, cert: keys.server.certPem };
  const live = new LiveRelay((gw, device, payload) => parts.web?.live(gw, device, payload));
  onClose(() => live.close());
  const commanding = startCommandingThread({
    ...{ dataDirectory, log, onExit: onFailure },
    publish: (gw, payload) => parts.broker?.command(gw, payload),
  });
  onClose(() => commanding.close());
  const quota = new IngestQuota({
    dailyMiB: config.quota.dailyMiB,
    nowMs: () => Date.now(),
    onExceeded: (gw, bytes) => {
      log.warn({ gateway: gw, bytes }, "a gateway has used up its daily quota; its records wait at the gateway");
    },
  });
  parts.quota = quota;
  onClose(
    await keepQuota(dataDirectory, quota, (error) => {
      log.warn({ error: String(error) }, "today's quotas could not be noted: a restart counts them anew");
    }),
  );
  const broker = await startBroker({
    ...config.mqtts,
    tls,
    ingest: createIngestFront(ledger, {
      news: (gw) => parts.certificates?.messageFor(gw),
      quota: { book: quota, answering },
    }),
    authenticate: (gw, credential) => credentials.check.authenticates(gw, credential),
    mayStay: (gw, sinceMs) => credentials.check.mayStay(gw, sinceMs),
    onHint: (hint) => {
      following.hint(hint);
      commanding.hint(hint);
    },
    onAck: (gw, payload) => commanding.ack(gw, payload),
    onBundle: (gw, command, payload) => commanding.bundle(gw, command, payload),
    onLive: (gw, device, payload) => live.take(gw, device, payload),
    log,
  });
  parts.broker = broker;
  const recheck = setInterval(() => {
    if (credentials.check.changed()) broker.recheck((gw, sinceMs) => credentials.check.mayStay(gw, sinceMs));
  }, recheckEveryMs);
  onClose(() => {
    clearInterval(recheck);
    return broker.close();
  });
  return broker;
};

/** Feeds the time series server, where one is configured; loaded only then. */
const startTimeseries = async (
  { dataDirectory, config: { timeseries: settings, timezone }, log }: CentreOptions,
  parts: CentreParts,
  onClose: (step: () => Promise<void>) => void,
): Promise<void> => {
  if (settings === null) return;
  const { startTimeseriesThread } = await import("./timeseries/timeseries-thread.ts");
  const { ingestFigures } = await import("./timeseries/ingest-figures.ts");
  const thread = startTimeseriesThread({ dataDirectory, timezone, settings, log, ingest: () => ingestFigures(parts) });
  parts.timeseries = thread;
  onClose(() => thread.close());
};

/**
 * Starts a centre on a data directory: lock, keys, register, ledger, followers, broker, web. Everything is undone when a
 * step fails.
 * @throws {MingchengError} DATA_DIRECTORY_LOCKED, STORE_TOO_NEW, LEDGER_DAMAGED, LEDGER_UNAVAILABLE, KEY_INVALID,
 * LISTEN_FAILED, RULE_INVALID, CHANNEL_INVALID
 */
export const startCentre = async (options: CentreOptions): Promise<Centre> => {
  const { dataDirectory, config, log, readyFile } = options;
  const steps: (() => Promise<void> | void)[] = [];
  const parts: CentreParts = {};
  const close = async (): Promise<void> => {
    for (const step of steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        log.error({ error: String(error) }, "a part did not end as it should");
      }
    }
  };
  try {
    const lock = await lockDataDirectory(dataDirectory);
    steps.push(() => lock.release());
    const health = await startHealthServer({
      ...config.health,
      faults: () => faultsOf(parts),
      warnings: () => warningsOf(parts),
      figures: () => figuresOf(parts),
      diskFigures: () => diskFigures(dataDirectory, software),
    });
    steps.push(() => health.close());
    const { centreName, publicHost } = config;
    const keys = await loadCentreKeys(dataDirectory, { centreName, publicHost, nowMs: Date.now() });
    openRegister(dataDirectory).close();
    const broker = await startIntake(options, keys, parts, (step) => steps.push(step));
    await startTimeseries(options, parts, (step) => steps.push(step));
    if (config.media !== null) {
      const { publicViewers: mostPublic, ...door } = config.media;
      const media = await startMediaThread({
        ...{ ...door, mostPublic, dataDirectory, log, hosts: ownHosts(publicHost), onExit: options.onFailure },
        tls: { key: keys.server.keyPem, cert: keys.server.certPem },
        publish: (gw, payload, keep) => broker.media(gw, payload, keep),
      });
      parts.media = media;
      steps.push(() => media.close());
    }
    const web = await openWeb({
      dataDirectory,
      config,
      tls: { key: keys.server.keyPem, cert: keys.server.certPem },
      card: cardOf(keys, config, broker.port),
      media: parts.media?.access ?? null,
      log,
      onExit: options.onFailure,
    });
    parts.web = web;
    steps.push(() => web.close());
    if (config.backup !== null) {
      const backup = startBackupThread({ dataDirectory, settings: config.backup, log });
      parts.backup = backup;
      steps.push(() => backup.close());
    }
    steps.push(keepCertificates(options, keys, parts));
    if (parts.ledger !== undefined) {
      const { timezone, retention: settings } = config;
      const retention = startRetentionThread({ dataDirectory, settings, timezone, ledger: parts.ledger, log });
      parts.retention = retention;
      steps.push(() => retention.close());
    }
    const mqtts = { host: config.mqtts.host, port: broker.port };
    const https = { host: config.https.host, port: web.port };
    await saveEndpoints(dataDirectory, { mqtt: mqtts, https });
    const addresses = { mqtts, https, health: { host: config.health.host, port: health.port } };
    if (readyFile !== undefined) await writeReadyFile(readyFile, { pid: process.pid, ...addresses });
    log.info(addresses, "the centre is ready");
    const signs = (): ServiceSigns => ({
      pending: parts.ledger?.pending() ?? 0,
      commits: parts.ledger?.counts().commits ?? 0,
      fault: parts.ledger?.fault() ?? null,
    });
    return { ...addresses, firstLogin: web.firstLogin, signs, close };
  } catch (error) {
    await close();
    throw error;
  }
};
