/**
 * One line of the error catalogue: what a code means, who can act on it, and whether trying again can help.
 * `zh` and `en` say what happened; `next` says what the installer does now, in both languages.
 */
export interface ErrorEntry {
  readonly retryable: boolean;
  readonly zh: string;
  readonly en: string;
  readonly next: { readonly zh: string; readonly en: string };
}

const entry = (retryable: boolean, zh: string, en: string, nextZh: string, nextEn: string): ErrorEntry => ({
  retryable,
  zh,
  en,
  next: { zh: nextZh, en: nextEn },
});

/** Every error code of the project. A code is never reused for another meaning. `docs/errors.md` is generated from here. */
export const errorCatalogue = {
  CONFIG_INVALID: entry(
    false,
    "配置文件有误",
    "the configuration is not valid",
    "按提示的字段修改配置文件，再运行 check",
    "correct the named field and run check again",
  ),
  RECORD_TOO_LARGE: entry(
    false,
    "记录超过 64 KiB",
    "a record is larger than 64 KiB",
    "检查该设备发送的数据；原始字节已隔离保存",
    "look at what the device sends; the raw bytes are kept in quarantine",
  ),
  MESSAGE_DAMAGED: entry(
    true,
    "报文损坏",
    "a message is damaged",
    "系统会自动重发；若反复出现，请检查链路",
    "it is sent again by itself; check the link if it keeps happening",
  ),
  SIGNATURE_INVALID: entry(
    false,
    "签名无效",
    "a signature does not verify",
    "核对网关与中心的密钥是否匹配，必要时重新登记网关",
    "check that gateway and centre know each other's keys; enrol again if needed",
  ),
  OUTBOX_FULL: entry(
    true,
    "磁盘已满，读数未能保存",
    "the disk is full, the reading was not saved",
    "清理磁盘或更换更大的存储卡；空间恢复后系统自动继续，缺失部分会以 gap 记录说明",
    "free disk space or fit a larger card; capture resumes by itself and a gap record names what is missing",
  ),
  OUTBOX_READ_ONLY: entry(
    true,
    "磁盘为只读，读数未能保存",
    "the disk is read-only, the reading was not saved",
    "检查存储卡是否损坏或被写保护，重新挂载为可写；恢复后系统自动继续",
    "check the card for wear or write protection and mount it writable; capture resumes by itself",
  ),
  OUTBOX_IO: entry(
    true,
    "磁盘读写出错，读数未能保存",
    "the disk fails, the reading was not saved",
    "检查存储卡和供电（dmesg 可见原因）；系统每秒自动重试",
    "check card and power supply (dmesg shows why); it is tried again every second",
  ),
  OUTBOX_DAMAGED: entry(
    false,
    "发件箱中的记录已损坏或不存在",
    "records in the outbox are damaged or gone",
    "运行 mingcheng-gateway fsck 查看范围；损失会以 gap 记录说明，其余记录不受影响",
    "run mingcheng-gateway fsck to see the range; a gap record names the loss, all other records are kept",
  ),
  OUTBOX_LOCKED: entry(
    false,
    "发件箱目录正被另一个进程使用",
    "another process is using the outbox directory",
    "先停止另一个网关进程，或为本网关配置单独的目录",
    "stop the other gateway process, or give this gateway a directory of its own",
  ),
  OUTBOX_FOREIGN: entry(
    false,
    "发件箱目录属于另一个网关",
    "the outbox directory belongs to another gateway",
    "核对配置中的网关编号和数据目录",
    "check the gateway id and the data directory in the configuration",
  ),
  OUTBOX_CLOSED: entry(
    false,
    "发件箱已关闭",
    "the outbox is closed",
    "网关正在停止；启动后继续",
    "the gateway is stopping; it continues after the next start",
  ),
  KEY_INVALID: entry(
    false,
    "密钥文件不可用",
    "a key file cannot be used",
    "检查文件是否为 Ed25519 密钥且权限为 0600，必要时重新登记网关",
    "check that the file holds an Ed25519 key and has mode 0600; enrol again if needed",
  ),
  PROTOCOL_UNKNOWN: entry(
    false,
    "没有这个设备协议",
    "there is no such device protocol",
    "从列出的协议编号中选择一个，见 docs/devices",
    "choose one of the listed protocol ids, see docs/devices",
  ),
  INPUT_INVALID: entry(
    false,
    "输入内容无法读取",
    "the input cannot be read",
    "按提示的选项修改输入后重试",
    "correct the named option and try again",
  ),
  DEVICE_OPEN_FAILED: entry(
    true,
    "无法打开设备端口",
    "the device's port cannot be opened",
    "检查接线、端口路径或地址、权限（dialout 组），以及是否被其他程序占用；系统会自动重试",
    "check cable, port path or address, permission (group dialout) and whether another program holds it; it is tried again by itself",
  ),
  DEVICE_DISCONNECTED: entry(
    true,
    "设备连接断开",
    "the line to the device broke",
    "检查电源、串口线或网络；系统会自动重连",
    "check power, serial cable or network; it reconnects by itself",
  ),
  SIM_VALUE_INVALID: entry(
    false,
    "模拟设备无法表示该数值",
    "a simulated device cannot express this value",
    "按提示的字段修改场景文件",
    "correct the named field of the scenario",
  ),
  SIM_LINE_FAILED: entry(
    false,
    "模拟设备的线路无法建立",
    "a simulated device's line cannot be set up",
    "检查监听地址是否被占用；串口模拟需要 Debian 软件包 socat",
    "check that the address is free; simulated serial ports need Debian's package socat",
  ),
  STORE_TOO_NEW: entry(
    false,
    "数据库由更新版本的程序写成",
    "the database was written by a newer program",
    "安装原来的版本，或从升级前的备份恢复；数据未被改动",
    "install the version that wrote it, or restore the backup made before the upgrade; nothing was changed",
  ),
  RULE_INVALID: entry(
    false,
    "预警规则有误",
    "an alert rule is not valid",
    "按提示的文件、行号和字段修改规则，再重新启动",
    "correct the named file, line and field and start again",
  ),
  CHANNEL_INVALID: entry(
    false,
    "通知渠道的设置有误",
    "a notification channel is not set up correctly",
    "按提示的字段修改通知渠道的设置，再重新启动",
    "correct the named field of the channel's settings and start again",
  ),
  USER_INVALID: entry(
    false,
    "用户信息有误",
    "a user's details are not valid",
    "按提示的字段修改后重试",
    "correct the named field and try again",
  ),
  USER_EXISTS: entry(
    false,
    "用户名已存在",
    "the user name is taken",
    "换一个用户名，或修改已有用户",
    "choose another name, or change the present user",
  ),
  USER_UNKNOWN: entry(
    false,
    "没有这个用户",
    "there is no such user",
    "用 user list 查看用户名",
    "list the users to see their names",
  ),
  LOGIN_REFUSED: entry(
    false,
    "用户名或密码不对",
    "user name or password is wrong",
    "重新输入；忘记密码请联系管理员重置",
    "try again; if forgotten, ask an administrator to reset it",
  ),
  LOGIN_LOCKED: entry(
    true,
    "登录失败次数过多，账号暂时锁定",
    "too many failed logins, the account is locked for a while",
    "等待提示的时间后再试，或请管理员重置密码",
    "wait the named time, or ask an administrator to reset the password",
  ),
  SESSION_MISSING: entry(
    false,
    "尚未登录或登录已过期",
    "not signed in, or the session has ended",
    "重新登录",
    "sign in again",
  ),
  ACCESS_DENIED: entry(
    false,
    "没有权限",
    "not allowed",
    "请管理员授予所需角色",
    "ask an administrator for the role that is needed",
  ),
  PASSWORD_CHANGE_REQUIRED: entry(
    false,
    "首次登录须先修改密码",
    "the one-time password must be changed first",
    "设置新密码后继续",
    "set a new password, then go on",
  ),
  REQUEST_REFUSED: entry(
    false,
    "请求被拒绝",
    "the request was refused",
    "从本系统的页面操作；检查访问地址是否在允许的主机名中",
    "use this system's own pages; check that the address is one of the allowed host names",
  ),
  NOT_FOUND: entry(false, "没有这个内容", "there is nothing here", "检查地址", "check the address"),
  RATE_LIMITED: entry(true, "请求过于频繁", "too many requests", "稍后再试", "try again a little later"),
  CENTRE_FAULT: entry(
    true,
    "中心处理出错，数据未丢失",
    "the centre failed to answer; no data is lost",
    "稍后重试；若反复出现，请把错误编号告诉管理员",
    "try again; if it keeps happening, give the reference to an administrator",
  ),
  ENROL_CODE_INVALID: entry(
    false,
    "登记码无法读取",
    "the enrolment code cannot be read",
    "完整复制登记码后重试；必要时在中心运行 mingcheng-cloud gateway add 重新生成",
    "copy the whole code and try again; or make a new one at the centre with mingcheng-cloud gateway add",
  ),
  ENROL_REFUSED: entry(
    false,
    "中心拒绝登记",
    "the centre refuses the enrolment",
    "登记码只能使用一次，24 小时内有效；在中心运行 mingcheng-cloud gateway add 重新生成",
    "a code is valid once, for 24 hours; make a new one at the centre with mingcheng-cloud gateway add",
  ),
  GATEWAY_UNKNOWN: entry(
    false,
    "没有这个网关",
    "there is no such gateway",
    "运行 mingcheng-cloud gateway list 查看网关编号",
    "run mingcheng-cloud gateway list to see the gateway ids",
  ),
  LEDGER_UNAVAILABLE: entry(
    true,
    "账本暂时无法写入",
    "the ledger cannot be written now",
    "检查数据目录所在磁盘的空间和权限；恢复后系统自动继续，网关会保留未收到回执的记录",
    "check space and permissions of the disk with the data directory; it continues by itself, and gateways keep what has no receipt",
  ),
  LEDGER_DAMAGED: entry(
    false,
    "账本文件已损坏",
    "the ledger file is damaged",
    "不要删除任何文件；从备份恢复到新的数据目录，网关会补发缺少的记录",
    "delete nothing; restore a backup into a new data directory, and the gateways send again what it lacks",
  ),
  LISTEN_FAILED: entry(
    false,
    "无法监听端口",
    "a port cannot be listened on",
    "检查端口是否被其他程序占用，或在配置文件中改用其他端口",
    "see whether another program holds the port, or choose another in the configuration",
  ),
  EVIDENCE_INVALID: entry(
    false,
    "证据文件未通过核验",
    "the evidence does not verify",
    "核对公钥是否来自可信渠道；文件自指出的位置起不可采信，请向中心重新索取",
    "check that the public keys came by a trusted way; nothing behind the named place can be relied on, ask the centre for the file again",
  ),
  DATA_DIRECTORY_LOCKED: entry(
    false,
    "数据目录正被另一个中心进程使用",
    "another centre process is using the data directory",
    "先停止另一个进程，或使用单独的数据目录",
    "stop the other process, or use a data directory of its own",
  ),
} as const satisfies Record<string, ErrorEntry>;

/** A stable error code, safe to match on and to document. */
export type ErrorCode = keyof typeof errorCatalogue;
