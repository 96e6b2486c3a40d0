import type { BackupThread } from "./backup/backup-thread.ts";
import type { Broker } from "./broker/broker.ts";
import type { Following } from "./following/following.ts";
import { brokerFigures, ledgerFigures } from "./health/centre-figures.ts";
import type { Figure } from "./health/figure.ts";
import type { Faults } from "./health/health-server.ts";
import type { IngestQuota } from "./ingest/ingest-quota.ts";
import type { CertificateKeeper } from "./keys/certificate-keeper.ts";
import type { LedgerThread } from "./ledger/ledger-thread.ts";
import type { MediaThread } from "./media/media-thread.ts";
import type { RetentionThread } from "./retention/retention-thread.ts";
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
}

/** Parts that do not work, and why. */
export const faultsOf = ({ ledger, following, broker, web }: CentreParts): Faults => {
  const found: Record<string, string> = {};
  const note = (part: string, fault: string | null) => {
    if (fault !== null) found[part] = fault;
  };
  const starting = "it is being started";
  note("ledger", ledger === undefined ? starting : ledger.fault());
  note("following", following === undefined ? starting : following.fault());
  note("broker", broker === undefined ? starting : null);
  note("web", web === undefined ? starting : web.fault());
  return found;
};

/** Parts that work, but need somebody. */
export const warningsOf = ({ backup, certificates, retention, quota }: CentreParts): Faults => {
  const found: Record<string, string> = {};
  for (const [part, warning] of [
    ["backup", backup?.warning() ?? null],
    ["certificates", certificates?.warning() ?? null],
    ["retention", retention?.warning() ?? null],
    ["quota", quota?.warning() ?? null],
  ] as const) {
    if (warning !== null) found[part] = warning;
  }
  return found;
};

/** Figures of every part that runs. */
export const figuresOf = ({
  ledger,
  following,
  broker,
  web,
  backup,
  certificates,
  retention,
  quota,
  media,
}: CentreParts): readonly Figure[] => [
  ...(media?.figures() ?? []),
  ...(quota?.figures() ?? []),
  ...(retention?.figures() ?? []),
  ...(certificates?.figures() ?? []),
  ...(ledger === undefined ? [] : ledgerFigures(ledger)),
  ...(broker === undefined ? [] : brokerFigures(broker)),
  ...(following?.figures() ?? []),
  ...(web?.figures() ?? []),
  ...(backup?.figures() ?? []),
];
