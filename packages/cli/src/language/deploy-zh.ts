/** Texts of `tulou deploy` and of the nouns behind it in Simplified Chinese. */
export const deployZh: Readonly<Record<string, string>> = {
  'Correct it, or install what it imports with "npm install".': '请修正它，或用“npm install”安装它所导入的内容。',
  'The application has more than {0} dependencies': '应用的依赖超过 {0} 个',
  'The dependency {0} of {1} is not installed': '{1} 的依赖 {0} 未安装',
  '{0} holds neither a Worker nor a Node application': '{0} 中既没有 Worker 也没有 Node 应用',
  'The file {0} is not in {1}': '文件 {0} 不在 {1} 中',
  'The file {0} is outside of the folder': '文件 {0} 在文件夹之外',
  'The script "start" is "{0}", which a host does not run: it starts one file with Node':
    '脚本“start”为“{0}”，主机不会运行它：主机用 Node 启动一个文件',
  'The folder {0} has more files or bytes than the platform takes': '文件夹 {0} 的文件数或字节数超出平台的上限',
  '"{0}" is neither a file nor a folder': '“{0}”既不是文件也不是文件夹',
  'The symbolic link "{0}" leads out of the folder, or nowhere': '符号链接“{0}”指向文件夹之外，或无处可指',
  'The symbolic link "{0}" leads to a folder': '符号链接“{0}”指向文件夹',
  'The service has {0} files; the platform takes {1}.': '服务有 {0} 个文件；平台最多接受 {1} 个。',
  'The service has {0} bytes; the platform takes {1}.': '服务有 {0} 字节；平台最多接受 {1} 字节。',
  'The path "{0}" is too long, or has a name that the platform does not take': '路径“{0}”过长，或含有平台不接受的名称',
  'Packed {0} ({1}): {2} bytes.': '已打包 {0}（{1}）：{2} 字节。',
  'Uploaded {0} of {1} bytes.': '已上传 {0} / {1} 字节。',
  'Released revision {0} of {1} in {2}: {3} % of calls.': '已在 {2} 中发布 {1} 的修订版 {0}：{3} % 的调用。',
  'Percent of the calls for the new revision, by default 100; the present revision has the rest':
    '新修订版的调用占比（百分比），默认 100；其余由当前修订版承担',
  '"--weight" takes a number from 1 to 100; "{0}" is none.': '“--weight”接受 1 到 100 的数字；“{0}”不是。',
  '{0} has no release in {1} whose revision could take the other calls': '{0} 在 {1} 中没有可承担其余调用的发布',
  'Deploy without "--weight" first.': '请先不带“--weight”部署。',
  '"--variable" takes NAME=VALUE with a name that is free for services; "{0}" is not of this form.':
    '“--variable”接受 NAME=VALUE，且名称须可供服务使用；“{0}”不是这种形式。',
  'Its instances stop in every environment.': '其实例会在所有环境中停止。',
  'Deleted revisions: {0}.': '删除的修订版：{0}。',
  'The service stops in the environment {0}.': '服务会在环境 {0} 中停止。',
  'Go on with the lines that come': '持续显示新输出的行',
  'ID of a revision': '修订版的 ID',
  'ID of an instance': '实例的 ID',
  '`after` of an earlier answer: only lines since then': '先前响应的 `after`：仅显示此后的行',
  'By default 30 days before `to`': '默认为 `to` 之前 30 天',
  'By default now': '默认为现在',
  'Created the service {0}.': '已创建服务 {0}。',
  'The revision does not start': '修订版无法启动',
  'The Worker cannot be bundled': '无法打包 Worker',
  'Bundle the application, and deploy the folder with the bundle.': '请将应用打包成一个文件，再部署含该文件的文件夹。',
  'Run "npm install" in the folder, then deploy again.': '请在该文件夹中运行“npm install”，然后重新部署。',
  'Name the file with "--entry FILE"; or write worker.js with "export default { fetch }", or a package.json with "main".':
    '请用“--entry FILE”指定文件；或编写含“export default { fetch }”的 worker.js，或含“main”的 package.json。',
  'Name the file to start with "--entry FILE".': '请用“--entry FILE”指定要启动的文件。',
  'Deploy the folder that holds it.': '请部署包含它的文件夹。',
  'Write "start": "node FILE" in package.json, or name the file with "--entry FILE".':
    '请在 package.json 中写入 "start": "node FILE"，或用“--entry FILE”指定文件。',
  'Deploy a folder that has only what the service needs, or bundle it.': '请部署仅含服务所需内容的文件夹，或将其打包。',
  'Remove it from the folder.': '请将其从文件夹中移除。',
  'Replace the link by what it leads to.': '请用其所指的内容替换该链接。',
  'Correct it: it must be JSON with the fields that npm describes.': '请修正它：它必须是含 npm 所述字段的 JSON。',
  'Rename it, or deploy a folder without it.': '请重命名，或部署不含它的文件夹。',
  'Deploy a folder as the newest revision of a service': '将文件夹部署为服务的最新修订版',
  'By default the tenant of the credential': '默认为凭据所属的租户',
  'By default the name of the folder. Created if absent': '默认为文件夹的名称。不存在时创建',
  'By default live': '默认为 live',
  'By default what the folder holds': '默认取决于文件夹的内容',
  'The file to start, inside the folder': '要启动的文件，在文件夹内',
  'An environment variable; repeatable': '环境变量；可重复',
  'A Worker is a module with "export default { fetch }": wrangler.toml, worker.js or "main" of package.json names it. A Node application is started with the file of "start": "node FILE", or with "main".':
    'Worker 是含“export default { fetch }”的模块：由 wrangler.toml、worker.js 或 package.json 的“main”指定。Node 应用由 "start": "node FILE" 中的文件或“main”启动。',
  'Name the service as the upstream of a version to call it: tulou versions create … --upstreams service=SLUG':
    '要调用该服务，请将其指定为版本的上游：tulou versions create … --upstreams service=SLUG',
  'No host has started it yet. To see when one has: tulou instances {0} {1}':
    '尚无主机启动它。查看启动情况：tulou instances {0} {1}',
  'Name the service: tulou deploy --service SLUG': '请指定服务：tulou deploy --service SLUG',
  'Correct the service and deploy it again. Until then, release an earlier revision: tulou releases create':
    '请修正服务并重新部署。在此之前可发布较早的修订版：tulou releases create',
  'SHA-256 of the whole archive: an uncompressed tar': '整个归档（未压缩的 tar）的 SHA-256',
  'The next bytes, base64': '接下来的字节，base64',
  'The least isolation of its instances. A host that cannot give it starts none':
    '其实例的最低隔离级别。无法提供该级别的主机不会启动实例',
  '`worker`: a module with `export default { fetch }`; `node`: a program that listens where `PORT` says':
    '`worker`：含 `export default { fetch }` 的模块；`node`：在 `PORT` 所指处监听的程序',
  'ID or digest of an artifact that is complete': '已完整上传的构件的 ID 或摘要',
  'The module to start, inside the artifact': '要启动的模块，在构件内',
  'Must be `received_bytes`': '必须等于 `received_bytes`',
  'Environment variables. They are no place for secrets: every member can read them':
    '环境变量。请勿存放机密：所有成员都可读取',
  'Limits of one instance': '单个实例的限制',
  'How many instances run; with `min` 0 none while no call comes': '运行的实例数；`min` 为 0 时，没有调用就不运行',
  'Share of the calls of each revision, in percent. A revision with weight 0 is made ready':
    '每个修订版的调用占比（百分比）。权重为 0 的修订版会准备就绪',
};
