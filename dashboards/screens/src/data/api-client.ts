import type {
  Account,
  Acknowledged,
  AlertDetail,
  AlertList,
  AlertView,
  AuditPage,
  AuditVerification,
  CityMap,
  DutyView,
  EvidenceKeys,
  ExportEvidenceRequest,
  GatewayList,
  KeptReportList,
  MessagePage,
  PictureQuery,
  PictureTaken,
  PlaceView,
  QuarantineList,
  RecordPage,
  RecordView,
  RegisterChangeRequest,
  RegisterEntry,
  RegisterHistory,
  RegisterKindList,
  RegisterOutcome,
  RegisterPage,
  Report,
  ReportPeriod,
  SilenceList,
  SilenceRequest,
  SilenceView,
  SiteList,
  SiteView,
  Today,
  Trend,
  UserView,
  Wall,
  WallAct,
  WallDevices,
  WallList,
} from "@mingcheng/protocols";
import { createFileRequest, createJsonRequest } from "@mingcheng/ui/data/json-request.ts";

const notItself = { code: "CENTRE_FAULT", zh: "中心没有正常应答", en: "the centre did not answer properly" };
const request = createJsonRequest({
  withinMs: 15_000,
  notItself,
});
/** A picture over a slow network takes its time; longer the centre waits for none. */
const upload = createJsonRequest({ withinMs: 30_000, notItself });

/** A gateway's evidence of a year takes minutes to write. */
const file = createFileRequest({ withinMs: 600_000, notItself });

/** Evidence that was written, and how much is in it. */
export interface WrittenEvidence {
  readonly file: Blob;
  readonly records: number;
  /** Those of them that are in it by digest alone. */
  readonly withheld: number;
}

/** What is asked for, without what is left open. */
const queryOf = (asked: Readonly<Record<string, string>>): URLSearchParams =>
  new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ""));

/** Which report: `date` is the day, or any day of the week. */
export interface ReportAsked {
  readonly site: string;
  readonly period: ReportPeriod;
  readonly date: string;
}

/** A camera that the user may ask for. */
export interface Camera {
  readonly gw: string;
  readonly channel: string;
  readonly viewing: "off" | "private" | "public";
  readonly place: PlaceView | null;
}

/** The centre's API, as far as this page uses it. Every call rejects with a `Problem`. */
export const api = {
  me: () => request("GET", "/api/v1/me") as Promise<Account>,
  login: (user: string, password: string) => request("POST", "/api/v1/login", { user, password }) as Promise<Account>,
  changePassword: (present: string, next: string) =>
    request("POST", "/api/v1/password", { present, next }) as Promise<Account>,
  evidenceKeys: () => request("GET", "/api/v1/evidence/keys") as Promise<EvidenceKeys>,
  /** Turns the session into that of a wall. */
  keepWall: () => request("POST", "/api/v1/display-session", {}) as Promise<Account>,
  logout: () => request("POST", "/api/v1/logout", {}),
  today: (gateway: string | null) =>
    request(
      "GET",
      `/api/v1/today${gateway === null ? "" : `?gateway=${encodeURIComponent(gateway)}`}`,
    ) as Promise<Today>,
  wall: () => request("GET", "/api/v1/wall") as Promise<Wall>,
  /** How the devices of a site stand. */
  wallDevices: (site: string) => request("GET", `/api/v1/wall/devices?${queryOf({ site })}`) as Promise<WallDevices>,
  /** The map of the city (site null), or the floor plan of a site. */
  map: (site: string | null) =>
    request("GET", `/api/v1/map${site === null ? "" : `?${queryOf({ site })}`}`) as Promise<CityMap>,
  walls: () => request("GET", "/api/v1/walls") as Promise<WallList>,
  tellWall: (name: string, act: WallAct) =>
    request("POST", `/api/v1/walls/${encodeURIComponent(name)}/acts`, act) as Promise<{ readonly walls: number }>,
  cameras: () => request("GET", "/api/v1/cameras") as Promise<{ readonly cameras: readonly Camera[] }>,
  viewToken: (asked: {
    readonly gw: string;
    readonly channel: string;
    readonly quality: "sub";
    readonly why: string;
  }) =>
    request("POST", "/api/v1/cameras/view-tokens", asked) as Promise<{ readonly token: string; readonly port: number }>,
  trend: () => request("GET", "/api/v1/trend") as Promise<Trend>,
  alerts: (state: "open" | "all" | "dry-run", limit: number) =>
    request("GET", `/api/v1/alerts?state=${state}&limit=${limit}`) as Promise<AlertList>,
  /** Open alerts that the reader has to do something about. */
  myAlerts: (limit: number) => request("GET", `/api/v1/alerts?state=open&for=me&limit=${limit}`) as Promise<AlertList>,
  alert: (id: string) => request("GET", `/api/v1/alerts/${encodeURIComponent(id)}`) as Promise<AlertDetail>,
  /** The record of an alert; null when it cannot be found. */
  record: async (lsn: number, { gw, dev }: Pick<AlertView, "gw" | "dev">): Promise<RecordView | null> => {
    const query = new URLSearchParams({ after: String(lsn - 1), limit: "1", gateway: gw, device: dev });
    const page = (await request("GET", `/api/v1/records?${query}`)) as RecordPage;
    return page.records.find((record) => record.lsn === lsn) ?? null;
  },
  /** Records, the newest first; `before` 0: from the newest on. */
  records: (asked: Readonly<Record<string, string>>) =>
    request("GET", `/api/v1/records?${queryOf(asked)}`) as Promise<RecordPage>,
  act: (id: string, act: string, words: Readonly<Record<string, string>>) =>
    request("POST", `/api/v1/alerts/${encodeURIComponent(id)}/${act}`, words) as Promise<Acknowledged>,
  addPicture: (id: string, { sha256, takenAt }: PictureQuery, picture: Blob) =>
    upload(
      "POST",
      `/api/v1/alerts/${encodeURIComponent(id)}/pictures?${new URLSearchParams({ sha256, takenAt })}`,
      picture,
    ) as Promise<PictureTaken>,
  duty: (at: string | null) =>
    request("GET", `/api/v1/duty${at === null ? "" : `?${new URLSearchParams({ at })}`}`) as Promise<DutyView>,
  messages: (asked: Readonly<Record<string, string>>) =>
    request("GET", `/api/v1/messages?${queryOf(asked)}`) as Promise<MessagePage>,
  gateways: () => request("GET", "/api/v1/gateways") as Promise<GatewayList>,
  quarantine: (gateway: string) =>
    request("GET", `/api/v1/quarantine?${queryOf({ gateway, limit: "200" })}`) as Promise<QuarantineList>,
  audit: ({ actor, subject, before }: { actor: string; subject: string; before: number | null }) =>
    request(
      "GET",
      `/api/v1/audit?${queryOf({ actor, subject, before: before === null ? "" : String(before) })}`,
    ) as Promise<AuditPage>,
  verifyAudit: () => request("GET", "/api/v1/audit/verification") as Promise<AuditVerification>,
  users: () => request("GET", "/api/v1/users") as Promise<{ users: UserView[] }>,
  addUser: (user: Pick<UserView, "name" | "role" | "areas" | "sites">) =>
    request("POST", "/api/v1/users", user) as Promise<{ user: UserView; oneTimePassword: string }>,
  changeUser: (name: string, what: "reset" | "disable" | "enable") =>
    request("POST", `/api/v1/users/${encodeURIComponent(name)}/${what}`, {}) as Promise<{
      user: UserView;
      oneTimePassword?: string;
    }>,
  linkOfficer: (name: string, officer: string | null) =>
    request("POST", `/api/v1/users/${encodeURIComponent(name)}/officer`, { officer }) as Promise<{ user: UserView }>,
  registerEntries: async (kind: "officers" | "absences"): Promise<RegisterEntry[]> =>
    ((await request("GET", `/api/v1/register/${kind}?limit=1000`)) as RegisterPage).entries,
  registerKinds: () => request("GET", "/api/v1/register") as Promise<RegisterKindList>,
  registerPage: (kind: string, asked: Readonly<Record<string, string>>) =>
    request("GET", `/api/v1/register/${encodeURIComponent(kind)}?${queryOf(asked)}`) as Promise<RegisterPage>,
  registerHistory: (kind: string, id: number) =>
    request("GET", `/api/v1/register/${encodeURIComponent(kind)}/history?id=${id}`) as Promise<RegisterHistory>,
  exportEvidence: async (asked: ExportEvidenceRequest): Promise<WrittenEvidence> => {
    const { content, headers } = await file("/api/v1/exports", asked);
    const counted = (name: string): number => Number(headers.get(name) ?? 0);
    return {
      file: content,
      records: counted("x-mingcheng-records"),
      withheld: counted("x-mingcheng-withheld"),
    };
  },
  changeRegister: (change: RegisterChangeRequest) =>
    request("POST", "/api/v1/register/changes", change) as Promise<RegisterOutcome>,
  site: (code: string) => request("GET", `/api/v1/sites/${encodeURIComponent(code)}`) as Promise<SiteView>,
  sites: () => request("GET", "/api/v1/sites") as Promise<SiteList>,
  report: (asked: ReportAsked) => request("GET", `/api/v1/reports?${queryOf({ ...asked })}`) as Promise<Report>,
  keptReports: ({ site, period }: Omit<ReportAsked, "date">) =>
    request("GET", `/api/v1/reports/kept?${queryOf({ site, period })}`) as Promise<KeptReportList>,
  silences: () => request("GET", "/api/v1/silences") as Promise<SilenceList>,
  addSilence: (silence: SilenceRequest) => request("POST", "/api/v1/silences", silence) as Promise<SilenceView>,
  endSilence: (id: number) => request("POST", `/api/v1/silences/${id}/end`, {}) as Promise<SilenceView>,
  acknowledge: (id: string) =>
    request("POST", `/api/v1/alerts/${encodeURIComponent(id)}/acknowledge`, {}) as Promise<Acknowledged>,
};
