import type { FollowerRole, RolePorts } from "./follower-role.ts";
import { ReadingsThread, type ReadingsThreadOptions } from "./readings-thread.ts";

/** Projections. Rules are none of its business. */
export const readingsRole = (options: ReadingsThreadOptions, ports: RolePorts): FollowerRole => ({
  open: () => new ReadingsThread(options, ports),
  useRules: () => undefined,
  useRouting: () => undefined,
  fileInvalid: () => undefined,
  retry: () => undefined,
  close: async () => undefined,
});
