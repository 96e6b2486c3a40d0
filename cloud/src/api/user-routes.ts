import {
  emptyRequestSchema,
  type UserView,
  userAddSchema,
  userChangedSchema,
  userListSchema,
  userOfficerSchema,
  userPathSchema,
  userRoleSchema,
  userScopeSchema,
  userWithPasswordSchema,
} from "@mingcheng/protocols/api";
import type { Audit } from "../audit/audit-event.ts";
import type { ZoneClock } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { linkOfficer } from "../users/officer-link.ts";
import type { RegisteredUser, UserRegister } from "../users/user-register.ts";
import { type ApiRoute, defineRoute, whoOf } from "./api-route.ts";
import type { CentreReader } from "./centre-reader.ts";

/** What the routes of users work with. */
export interface UserRoutePorts {
  readonly users: UserRegister;
  readonly audit: Audit;
  readonly nowMs: () => number;
  readonly reader: CentreReader;
  /** A connection to the register that may write, and how times in it are read. */
  readonly register: SqliteDatabase;
  readonly clock: ZoneClock;
}

const viewWith =
  ({ reader }: UserRoutePorts) =>
  ({ areas, sites, ...user }: RegisteredUser): UserView => ({
    ...user,
    ...{ areas: [...areas], sites: [...sites], officer: reader.officersOf(user.name)[0] ?? null },
  });

const administrators = { access: ["administrator"], scope: "centre" } as const;

/** Users, their roles and what they see: for administrators. */
export const userRoutes = (ports: UserRoutePorts): ApiRoute[] => {
  const { users, audit, nowMs } = ports;
  const viewOf = viewWith(ports);
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/users",
      summary: { zh: "用户及其角色、辖区", en: "Users, their roles, areas and sites" },
      ...{ access: ["administrator", "auditor"], scope: "centre" },
      answer: userListSchema,
      handle: (call) => {
        audit.append({ ...whoOf(call), action: "user.viewed", subject: "user:*" });
        return { users: users.list().map(viewOf) };
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/users",
      summary: { zh: "添加用户，返回一次性密码", en: "Add a user; answers a password for one use" },
      ...administrators,
      body: userAddSchema,
      answer: userWithPasswordSchema,
      handle: async (call) => {
        const { name, role, areas, sites } = call.body;
        const { oneTimePassword } = await users.add({ name, role, scope: { areas, sites } }, nowMs(), whoOf(call));
        return { user: viewOf(users.get(name)), oneTimePassword: oneTimePassword ?? "" };
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/users/:name/scope",
      summary: { zh: "更改用户的辖区和场所，其会话结束", en: "Say which areas and sites a user sees; sessions end" },
      ...administrators,
      params: userPathSchema,
      body: userScopeSchema,
      answer: userChangedSchema,
      handle: (call) => {
        const { name } = call.params;
        users.setScope(name, call.body, whoOf(call));
        return { user: viewOf(users.get(name)) };
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/users/:name/role",
      summary: { zh: "更改用户的角色，其会话结束", en: "Give a user another role; sessions end" },
      ...administrators,
      params: userPathSchema,
      body: userRoleSchema,
      answer: userChangedSchema,
      handle: (call) => {
        const { name } = call.params;
        users.setRole(name, call.body.role, whoOf(call));
        return { user: viewOf(users.get(name)) };
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/users/:name/reset",
      summary: { zh: "重置密码，返回一次性密码", en: "Make a new password for one use; sessions end" },
      ...administrators,
      params: userPathSchema,
      body: emptyRequestSchema,
      answer: userWithPasswordSchema,
      handle: async (call) => {
        const { name } = call.params;
        const oneTimePassword = await users.reset(name, nowMs(), whoOf(call));
        return { user: viewOf(users.get(name)), oneTimePassword };
      },
    }),
    ...(["disable", "enable"] as const).map((what) =>
      defineRoute({
        method: "POST",
        path: `/api/v1/users/:name/${what}`,
        summary:
          what === "disable"
            ? { zh: "停用用户，其会话结束", en: "Let a user in no more; sessions end" }
            : { zh: "重新启用用户", en: "Let a user in again" },
        ...administrators,
        params: userPathSchema,
        body: emptyRequestSchema,
        answer: userChangedSchema,
        handle: (call) => {
          const { name } = call.params;
          users.setDisabled(name, what === "disable", nowMs(), whoOf(call));
          return { user: viewOf(users.get(name)) };
        },
      }),
    ),
    defineRoute({
      method: "POST",
      path: "/api/v1/users/:name/officer",
      summary: {
        zh: "指定用户对应登记册中的哪位人员",
        en: "Say which officer of the register signs in under this name; null: none",
      },
      ...administrators,
      params: userPathSchema,
      body: userOfficerSchema,
      answer: userChangedSchema,
      handle: (call) => {
        const { name } = call.params;
        linkOfficer(ports, name, call.body.officer, whoOf(call));
        return { user: viewOf(users.get(name)) };
      },
    }),
  ];
};
