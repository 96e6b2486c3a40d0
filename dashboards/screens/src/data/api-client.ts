import type { Account, Acknowledged, EvidenceKeys, Today } from "@mingcheng/protocols";
import { createJsonRequest } from "@mingcheng/ui/data/json-request.ts";

const request = createJsonRequest({
  withinMs: 15_000,
  notItself: { code: "CENTRE_FAULT", zh: "中心没有正常应答", en: "the centre did not answer properly" },
});

/** The centre's API, as far as this page uses it. Every call rejects with a `Problem`. */
export const api = {
  me: () => request("GET", "/api/v1/me") as Promise<Account>,
  login: (user: string, password: string) => request("POST", "/api/v1/login", { user, password }) as Promise<Account>,
  changePassword: (present: string, next: string) =>
    request("POST", "/api/v1/password", { present, next }) as Promise<Account>,
  evidenceKeys: () => request("GET", "/api/v1/evidence/keys") as Promise<EvidenceKeys>,
  logout: () => request("POST", "/api/v1/logout", {}),
  today: (gateway: string | null) =>
    request(
      "GET",
      `/api/v1/today${gateway === null ? "" : `?gateway=${encodeURIComponent(gateway)}`}`,
    ) as Promise<Today>,
  acknowledge: (id: string) =>
    request("POST", `/api/v1/alerts/${encodeURIComponent(id)}/acknowledge`, {}) as Promise<Acknowledged>,
};
