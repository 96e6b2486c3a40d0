/**
 * What is noted in the audit log, and how it is called on screens and lists. Names are stable: they stand in signed
 * entries. A new action is a line here.
 */
export const auditActions = {
  "audit.begun": { zh: "审计日志启用", en: "the audit log was begun" },
  "audit.viewed": { zh: "查看审计日志", en: "the audit log was looked at" },
  "audit.exported": { zh: "导出审计日志", en: "the audit log was exported" },
  "audit.withheld": { zh: "到期抹去审计条目内容", en: "the content of entries was erased, by digest only from now on" },
  "session.login": { zh: "登录", en: "signed in" },
  "session.refused": { zh: "登录被拒绝", en: "sign-in refused" },
  "session.locked": { zh: "登录被锁定", en: "sign-in locked out" },
  "session.logout": { zh: "退出登录", en: "signed out" },
  "session.password": { zh: "修改密码", en: "changed the own password" },
  "access.refused": { zh: "越权访问被拒绝", en: "access refused" },
  "user.viewed": { zh: "查看用户列表", en: "the users were looked at" },
  "user.added": { zh: "添加用户", en: "a user was added" },
  "user.reset": { zh: "重置用户密码", en: "a user got a new one-time password" },
  "user.role": { zh: "更改用户角色", en: "a user's role was changed" },
  "user.scope": { zh: "更改用户辖区", en: "a user's areas and sites were changed" },
  "user.disabled": { zh: "停用用户", en: "a user was disabled" },
  "user.enabled": { zh: "启用用户", en: "a user was enabled again" },
  "register.changed": { zh: "更改登记册", en: "the register was changed" },
  "register.viewed": { zh: "查看登记册中的个人信息", en: "personal data of the register was looked at" },
  "register.exported": { zh: "导出登记册", en: "the register was exported" },
  "evidence.exported": { zh: "导出证据", en: "evidence was exported" },
  "report.exported": { zh: "导出报表", en: "a report was exported" },
  "person.exported": { zh: "导出个人数据", en: "one person's data was exported" },
  "camera.viewed": { zh: "开始观看摄像机", en: "began to watch a camera" },
  "camera.view-ended": { zh: "结束观看摄像机", en: "ended to watch a camera" },
  "camera.viewing-changed": { zh: "更改摄像机的公开状态", en: "who may watch a camera was changed" },
  "hold.placed": { zh: "设置法律保全", en: "a legal hold was placed" },
  "hold.released": { zh: "解除法律保全", en: "a legal hold was released" },
  "erasure.requested": { zh: "要求立即抹去到期数据", en: "a run of erasing was asked for" },
  "data.erased": { zh: "到期或按要求抹去数据", en: "data was erased, by period or by request" },
  "alert.acknowledged": { zh: "签收预警", en: "an alert was taken over" },
  "alert.decided": { zh: "处置预警", en: "an alert was decided on" },
  "command.sent": { zh: "向网关下发命令", en: "a command was sent to a gateway" },
  "config.changed": { zh: "更改网关配置", en: "a gateway's configuration was changed" },
  "gateway.added": { zh: "登记网关", en: "a gateway got an enrolment code" },
  "gateway.enrolled": { zh: "网关入网", en: "a gateway enrolled" },
  "gateway.disabled": { zh: "停用网关", en: "a gateway was disabled" },
  "gateway.enabled": { zh: "启用网关", en: "a gateway was enabled again" },
  "gateway.key-revoked": { zh: "吊销网关密钥", en: "a gateway's key was revoked" },
  "gateway.line-kept": { zh: "裁定网关记录线", en: "a line in dispute was decided for" },
  "gateway.replaced": { zh: "更换网关", en: "a gateway's box is to be replaced" },
  "keys.changed": { zh: "更换签发机构", en: "the centre's authority was changed" },
  "rules.changed": { zh: "更改预警规则", en: "alert rules were changed" },
  "backup.taken": { zh: "备份", en: "a backup was taken" },
  "centre.restored": { zh: "从备份恢复", en: "the centre was restored from a backup" },
  "centre.started": { zh: "中心启动", en: "the centre was started" },
} as const satisfies Record<string, { readonly zh: string; readonly en: string }>;

/** A name of {@link auditActions}. */
export type AuditAction = keyof typeof auditActions;

/** Looking at personal data, and taking it away: what the view log consists of. */
export const viewActions: ReadonlySet<string> = new Set<AuditAction>([
  "register.viewed",
  "register.exported",
  "evidence.exported",
  "report.exported",
  "person.exported",
  "user.viewed",
  "camera.viewed",
  "camera.view-ended",
  "audit.viewed",
  "audit.exported",
]);
