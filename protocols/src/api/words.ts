/** How urgent: `alarm` is rare; a rapid positive that waits for confirmation is `attention`. */
export const alertSeverities = ["notice", "attention", "alarm"] as const;

/** One of `alertSeverities`. */
export type AlertSeverity = (typeof alertSeverities)[number];

/** Who may watch a camera. `off`: nobody at all. `private`: users in whose area it is. `public`: anybody. */
export const cameraViewings = ["off", "private", "public"] as const;

/** One of `cameraViewings`. */
export type CameraViewing = (typeof cameraViewings)[number];

/**
 * What a user may do. `operator`: a market's own people; `inspector`: supervision on the ground; `centre`: duty officers;
 * `administrator`: users and gateways; `auditor`: reads everything, changes nothing.
 */
export const userRoles = ["operator", "inspector", "centre", "administrator", "auditor"] as const;

/** One of `userRoles`. */
export type UserRole = (typeof userRoles)[number];

/** A user's name: lower-case letters, digits, dot, hyphen, underscore; starts with a letter. */
export const userNamePattern = /^[a-z][a-z0-9._-]{0,31}$/;

/** An alert has not more pictures. */
export const mostPictures = 20;
