/**
 * The agreement between control, gateway and host. Control says what should run; a host makes it so and reports what runs.
 * All routes below take the node token: `Authorization: Bearer <token>`.
 */
import { z } from 'zod';
import { isId, type Id, type IdKind } from './ids.ts';
import { environment } from './kinds/environment.ts';

const idOf = <K extends IdKind>(kind: K) =>
  z.string().refine((text): text is Id<K> => isId(kind, text), `an id of a ${kind}`);

/** `GET ?after=<version>&wait_ms=`: the whole desired state, after a wait of at most `wait_ms` while `after` is the present version. */
export const desiredPath = '/internal/v1/hosting/desired';
/** `GET /<digest>`: the bytes of an artifact, with `Content-Length`. */
export const artifactsPath = '/internal/v1/hosting/artifacts';
/** `POST`: a `hostReport`; answered by a `reportAnswer`. */
export const reportPath = '/internal/v1/hosting/report';

export const hostingLimits = {
  desiredWaitMsMax: 25_000,
  artifactBytesMax: 128 * 1024 * 1024,
  /** The limit of one request of an upload. */
  artifactPieceBytesMax: 6 * 1024 * 1024,
  artifactFilesMax: 20_000,
  artifactPathCharactersMax: 200,
  variablesMax: 100,
  variableCharactersMax: 5000,
  revisionsPerReleaseMax: 4,
  reportInstancesMax: 5000,
  reportUsageMax: 5000,
  reportLogLinesMax: 2000,
  logLineCharactersMax: 8000,
} as const;

/** `sha256:` and 64 lower-case hexadecimal digits, over the bytes as they are stored and sent. */
export const artifactDigest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 lower-case hexadecimal digits');

/**
 * `worker`: a module with `export default { fetch }` for workerd. `node`: a program for Node, which listens where the
 * environment variable `PORT` says.
 */
export const workloadKind = z.enum(['worker', 'node']);
export type WorkloadKind = z.output<typeof workloadKind>;

/** The least isolation. A host that cannot give it does not start the revision, and reports why. */
export const isolationLevel = z.enum(['process', 'container', 'gvisor', 'microvm']);
export type IsolationLevel = z.output<typeof isolationLevel>;

/** A path inside the artifact: relative, with `/`, no empty, `.` or `..` segment. */
export const artifactPath = z
  .string()
  .max(hostingLimits.artifactPathCharactersMax)
  .regex(
    /^(?!\.{1,2}(?:\/|$))[^/\\\p{Cc}]+(?:\/(?!\.{1,2}(?:\/|$))[^/\\\p{Cc}]+)*$/u,
    'a relative path inside the folder, without `.` and `..`',
  );

/** Names with `TULOU_` are the platform's; `PORT` and `NODE_OPTIONS` are the host's. */
export const variableName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'letters, digits and underscores')
  .refine(
    (text) => !/^(?:TULOU_.*|LD_.*|PORT|HOST|PATH|HOME|NODE_OPTIONS|NODE_CHANNEL_FD)$/i.test(text),
    'this name is reserved',
  );
export const variables = z
  .record(
    variableName,
    z
      .string()
      .max(hostingLimits.variableCharactersMax)
      .regex(/^[^\0]*$/, 'no NUL'),
  )
  .refine((all) => Object.keys(all).length <= hostingLimits.variablesMax, `at most ${hostingLimits.variablesMax}`);

export const instanceLimits = z.object({
  memory_mb: z.int().min(32).max(8192).default(128),
  /** Thousandths of one processor. */
  cpu_millis: z.int().min(50).max(16_000).default(500),
  /** Calls at once in one instance. */
  concurrency: z.int().min(1).max(1000).default(50),
  start_timeout_ms: z.int().min(100).max(120_000).default(10_000),
  request_timeout_ms: z.int().min(100).max(600_000).default(30_000),
});
export type InstanceLimits = z.output<typeof instanceLimits>;

/** The instances of one revision in one environment. `min` 0: none runs while no call comes for `idle_ms`. */
export const instanceCounts = z
  .object({
    min: z.int().min(0).max(20).default(0),
    max: z.int().min(1).max(100).default(4),
    idle_ms: z.int().min(1000).max(3_600_000).default(60_000),
  })
  .refine(({ min, max }) => min <= max, { message: 'min must not exceed max', path: ['min'] });
export type InstanceCounts = z.output<typeof instanceCounts>;

/** Where a revision may connect to through the egress proxy. Nothing is the default, and all that the first hosts support. */
export const egressRule = z.object({ host: z.string().max(253), port: z.int().min(1).max(65_535) });

export const hostedRevision = z.object({
  id: idOf('revision'),
  kind: workloadKind,
  /** An uncompressed tar (ustar) with regular files and folders only. The host still treats it as hostile. */
  artifact: z.object({ digest: artifactDigest, size_bytes: z.int().min(1).max(hostingLimits.artifactBytesMax) }),
  /** The module to start, inside the artifact. */
  entry: artifactPath,
  variables,
  limits: instanceLimits,
  egress: z.array(egressRule).max(50),
  /** Share of the calls in percent. The weights of a release sum to 100. 0: made ready, takes no calls. */
  weight: z.int().min(0).max(100),
  instances: instanceCounts,
});
export type HostedRevision = z.output<typeof hostedRevision>;

/** One service in one environment. The trust domain is developer × tenant × environment. */
export const hostedService = z.object({
  id: idOf('service'),
  slug: z.string(),
  tenant: z.object({ id: idOf('tenant'), slug: z.string() }),
  /** The tenant whose code it is. */
  developer: idOf('tenant'),
  environment,
  isolation: isolationLevel,
  /** The release whose weights these are. */
  release: idOf('release'),
  revisions: z.array(hostedRevision).min(1).max(hostingLimits.revisionsPerReleaseMax),
});
export type HostedService = z.output<typeof hostedService>;

/**
 * Answer of `GET desired`: all of it, each time. The host drains and stops everything else. A service of a suspended
 * or deleted tenant is not named. `version` is opaque: compare it for equality only.
 */
export const desiredState = z.object({ version: z.string().max(100), services: z.array(hostedService) });
export type DesiredState = z.output<typeof desiredState>;

export const instanceState = z.enum(['starting', 'ready', 'draining', 'stopped', 'failed']);

const uint = z.int().min(0);
const time = z.int().min(0).max(253_402_300_799_999);

export const reportedInstance = z.object({
  id: idOf('instance'),
  service: idOf('service'),
  environment,
  revision: idOf('revision'),
  state: instanceState,
  /** Why it failed or stopped, for its developer: what happened, then what to do. */
  detail: z.string().max(1000).nullable(),
  isolation: isolationLevel,
  restarts: uint,
  started_at_ms: time,
});
export type ReportedInstance = z.output<typeof reportedInstance>;

/** The use since the report before this one. Sums of whole numbers, so that nothing is rounded twice. */
export const reportedUsage = z.object({
  service: idOf('service'),
  environment,
  revision: idOf('revision'),
  /** The minute, Unix milliseconds. */
  minute_ms: time,
  requests: uint,
  errors: uint,
  cpu_ms: uint,
  memory_mb_ms: uint,
  egress_bytes: uint,
  cold_starts: uint,
});
export type ReportedUsage = z.output<typeof reportedUsage>;

/** One line that an instance has written. The host sets every field but `text`; the instance cannot. */
export const reportedLogLine = z.object({
  service: idOf('service'),
  environment,
  revision: idOf('revision'),
  instance: idOf('instance'),
  at_ms: time,
  stream: z.enum(['stdout', 'stderr', 'host']),
  text: z.string().max(hostingLimits.logLineCharactersMax),
});
export type ReportedLogLine = z.output<typeof reportedLogLine>;

/**
 * Body of `POST report`. `seq` starts at 1 for each `host` id and rises by one. A host keeps a report on disk until it is
 * confirmed and sends it again: control takes each number once, so usage is exact.
 */
export const hostReport = z.object({
  host: idOf('host'),
  seq: z.int().min(1),
  /** All instances of the host now, not changes. */
  instances: z.array(reportedInstance).max(hostingLimits.reportInstancesMax),
  usage: z.array(reportedUsage).max(hostingLimits.reportUsageMax),
  logs: z.array(reportedLogLine).max(hostingLimits.reportLogLinesMax),
});
export type HostReport = z.output<typeof hostReport>;

/** `seq`: the last number that control has taken from this host. The next report has the number after it. */
export const reportAnswer = z.object({ seq: z.int().min(0) });

/** Fields that the gateway sets on a call to the host's ingress. It drops every `Tulou-*` field that a client sends. */
export const ingressFields = { service: 'tulou-service', environment: 'tulou-environment' } as const;
