import type { BackupThread } from "./backup/backup-thread.ts";
import type { Broker } from "./broker/broker.ts";
import type { Following } from "./following/following.ts";
import { brokerFigures, ledgerFigures, partFigures } from "./health/centre-figures.ts";
import type { Figure } from "./health/figure.ts";
import type { Faults } from "./health/health-server.ts";
import type { IngestQuota } from "./ingest/ingest-quota.ts";
import type { CertificateKeeper } from "./keys/certificate-keeper.ts";
import type { LedgerThread } from "./ledger/ledger-thread.ts";
import type { MediaThread } from "./media/media-thread.ts";
import type { RetentionThread } from "./retention/retention-thread.ts";
import type { TimeseriesThread } from "./timeseries/timeseries-thread.ts";
import type { Web } from "./web/web.ts";

/** Parts of the centre, filled in as they start. */
export interface CentreParts {
  certificates?: CertificateKeeper;
  ledger?: LedgerThread;
  following?: Following;
  broker?: Broker;
  web?: Web;
  backup?: BackupThread;
  retention?: RetentionThread;
  quota?: IngestQuota;
  media?: MediaThread;
  timeseries?: TimeseriesThread;
}

/** What is said of a part; null: nothing. */
type Said = readonly [part: string, said: string | null];

const saidOnly = (said: readonly Said[]): Faults =>
  Object.fromEntries(said.filter((one): one is [string, string] => one[1] !== null));

const faultsByPart = ({ ledger, following, broker, web }: CentreParts): readonly Said[] => {
  const starting = "it is being started";
  return [
    ["ledger", ledger === undefined ? starting : ledger.fault()],
    ["following", following === undefined ? starting : following.fault()],
    ["broker", broker === undefined ? starting : null],
    ["web", web === undefined ? starting : web.fault()],
  ];
};

const warningsByPart = ({ backup, certificates, retention, quota, timeseries }: CentreParts): readonly Said[] => [
  ["backup", backup?.warning() ?? null],
  ["certificates", certificates?.warning() ?? null],
  ["retention", retention?.warning() ?? null],
  ["quota", quota?.warning() ?? null],
  ["timeseries", timeseries?.warning() ?? null],
];

/** Parts that do not work, and why. */
export const faultsOf = (parts: CentreParts): Faults => saidOnly(faultsByPart(parts));

/** Parts that work, but need somebody. */
export const warningsOf = (parts: CentreParts): Faults => saidOnly(warningsByPart(parts));

/** Figures of every part that runs. */
export const figuresOf = (parts: CentreParts): readonly Figure[] => {
  const { ledger, following, broker, web, backup, certificates, retention, quota, media, timeseries } = parts;
  return [
    ...partFigures("mingcheng_centre_fault", "1 while a part of the centre does not work", faultsByPart(parts)),
    ...partFigures("mingcheng_centre_warning", "1 while a part works but needs somebody", warningsByPart(parts)),
    ...(media?.figures() ?? []),
    ...(quota?.figures() ?? []),
    ...(retention?.figures() ?? []),
    ...(certificates?.figures() ?? []),
    ...(ledger === undefined ? [] : ledgerFigures(ledger)),
    ...(broker === undefined ? [] : brokerFigures(broker)),
    ...(following?.figures() ?? []),
    ...(web?.figures() ?? []),
    ...(backup?.figures() ?? []),
    ...(timeseries?.figures() ?? []),
  ];
};
