import type { Account } from "@mingcheng/protocols";
import { type Component, defineAsyncComponent } from "vue";

/** A page of the desk: where it is, who has a link to it, and what it is loaded from. */
export interface DeskPage {
  /** Name of its title among the texts, under `nav`. */
  readonly name: string;
  /** Its address; `:id` stands for what the page is about. */
  readonly path: `/${string}`;
  readonly isFor: (account: Account) => boolean;
  /** Not in the list of links: reached from another page. */
  readonly isUnder?: string;
  readonly component: Component;
}

const everybody = (): boolean => true;
/** Decided for the whole centre, by those who look after it. */
const readsCentre = ({ role, scope }: Account): boolean => scope.whole && role !== "operator" && role !== "inspector";

const looksAfterUsers = ({ role, scope }: Account): boolean =>
  scope.whole && (role === "administrator" || role === "auditor");

/** Pages at the desk, in the order of their links. The centre decides what is answered; links only save a way in vain. */
export const deskPages: readonly DeskPage[] = [
  {
    name: "today",
    path: "/",
    isFor: everybody,
    component: defineAsyncComponent(() => import("../pages/TodayPage.vue")),
  },
  {
    name: "alerts",
    path: "/alerts",
    isFor: everybody,
    component: defineAsyncComponent(() => import("../alerts/AlertsPage.vue")),
  },
  {
    name: "alert",
    path: "/alerts/:id",
    isFor: everybody,
    isUnder: "alerts",
    component: defineAsyncComponent(() => import("../alerts/AlertPage.vue")),
  },
  {
    name: "cameras",
    path: "/cameras",
    isFor: everybody,
    component: defineAsyncComponent(() => import("../cameras/CamerasPage.vue")),
  },
  {
    name: "camera",
    path: "/cameras/:id",
    isFor: everybody,
    isUnder: "cameras",
    component: defineAsyncComponent(() => import("../cameras/CameraPage.vue")),
  },
  {
    name: "records",
    path: "/records",
    isFor: everybody,
    component: defineAsyncComponent(() => import("../wall/RecordsPage.vue")),
  },
  {
    name: "duty",
    path: "/duty",
    isFor: everybody,
    component: defineAsyncComponent(() => import("../duty/DutyPage.vue")),
  },
  {
    name: "messages",
    path: "/messages",
    isFor: everybody,
    component: defineAsyncComponent(() => import("../duty/MessagesPage.vue")),
  },
  {
    name: "silences",
    path: "/silences",
    isFor: readsCentre,
    component: defineAsyncComponent(() => import("../silences/SilencesPage.vue")),
  },
  {
    name: "reports",
    path: "/reports",
    isFor: everybody,
    component: defineAsyncComponent(() => import("../reports/ReportsPage.vue")),
  },
  {
    name: "fleet",
    path: "/fleet",
    isFor: everybody,
    component: defineAsyncComponent(() => import("../desk/FleetPage.vue")),
  },
  {
    name: "register",
    path: "/register",
    isFor: ({ role }) => role !== "operator" && role !== "inspector",
    component: defineAsyncComponent(() => import("../register/RegisterPage.vue")),
  },
  {
    name: "evidence",
    path: "/evidence",
    isFor: ({ role }) => role !== "operator" && role !== "inspector",
    component: defineAsyncComponent(() => import("../evidence/EvidencePage.vue")),
  },
  {
    name: "quarantine",
    path: "/quarantine",
    isFor: ({ role }) => role !== "operator" && role !== "inspector",
    component: defineAsyncComponent(() => import("../desk/QuarantinePage.vue")),
  },
  {
    name: "users",
    path: "/users",
    isFor: looksAfterUsers,
    component: defineAsyncComponent(() => import("../desk/UsersPage.vue")),
  },
  {
    name: "audit",
    path: "/audit",
    isFor: looksAfterUsers,
    component: defineAsyncComponent(() => import("../desk/AuditPage.vue")),
  },
];

/** A page that is at a path, and what it is about. */
export interface FoundPage {
  readonly page: DeskPage;
  readonly id: string | null;
}

/** The page at a path; undefined where there is none. */
export const pageAt = (path: string, pages: readonly Pick<DeskPage, "path">[] = deskPages): FoundPage | undefined => {
  const asked = path.replace(/(.)\/$/, "$1");
  for (const page of pages) {
    if (page.path === asked) return { page: page as DeskPage, id: null };
    const [start = "", end] = page.path.split(":id");
    if (end === undefined || !asked.startsWith(start)) continue;
    const id = asked.slice(start.length);
    if (id !== "" && !id.includes("/")) return { page: page as DeskPage, id: decodeURIComponent(id) };
  }
  return undefined;
};
