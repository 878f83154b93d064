import { readFileSync, writeFileSync } from 'node:fs';

/**
 * What the API server records: who did what to which object, when, and with what result.
 * Bodies are never noted: they hold Secret data.
 */
const POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

/** Verbs that change something. */
export const WRITE_VERBS: readonly string[] = [
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
];

/** One finished request, from the audit log. */
export interface AuditEvent {
  readonly verb: string;
  /** The API group, '' for the core one. */
  readonly group: string;
  /** `secrets`; with its subresource `signingkeysets/status`; '' for a path that is no resource. */
  readonly resource: string;
  readonly namespace: string | null;
  readonly name: string | null;
  /** The user who asked; with impersonation, whom it asked as. */
  readonly user: string;
  readonly userAgent: string;
  /** The pod that a service account's token was made for; null for any other. */
  readonly pod: string | null;
  readonly requestUri: string;
  /** HTTP status. */
  readonly responseStatus: number;
  readonly receivedAtMs: number;
  readonly finishedAtMs: number;
}

/** Each field that is given must be equal; `verb` may be one of several. */
export interface AuditFilter {
  readonly verb?: string | readonly string[];
  readonly group?: string;
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly user?: string;
  readonly responseStatus?: number;
  /** Received at this time or later, milliseconds since the epoch. */
  readonly sinceMs?: number;
}

export function writeAuditPolicy(path: string): void {
  writeFileSync(path, JSON.stringify(POLICY), { mode: 0o600 });
}

/**
 * The finished requests that match, in the order of the log. The server notes a request before
 * it ends the answer (`--audit-log-mode=blocking`): what a client has a whole answer to is here.
 */
export function auditEvents(path: string, filter: AuditFilter = {}): AuditEvent[] {
  const text = readFileSync(path, 'utf8');
  // To parse all that all tests have done, again and again, would stop everything else for seconds.
  const words = [filter.namespace, filter.name].flatMap((word) =>
    word === undefined ? [] : [JSON.stringify(word)],
  );
  return eventsIn(text, (line) => words.every((word) => line.includes(word))).filter((event) =>
    matches(event, filter),
  );
}

/** As `auditEvents`, only requests that ask for a change, refused ones included. */
export function auditWrites(path: string, filter: AuditFilter = {}): AuditEvent[] {
  return auditEvents(path, filter).filter((event) => WRITE_VERBS.includes(event.verb));
}

/** Throws on a line that is no event: a test must not count less than there was. */
export function parseAuditLog(text: string): AuditEvent[] {
  return eventsIn(text, () => true);
}

function eventsIn(text: string, isWanted: (line: string) => boolean): AuditEvent[] {
  // What follows the last newline is a line that is just being written.
  const lines = text.split('\n').slice(0, -1).filter(isWanted);
  return lines.map((line) => JSON.parse(line) as RawEvent).flatMap(finished);
}

interface RawEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly user: {
    readonly username?: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly impersonatedUser?: { readonly username?: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

/** A watch is also noted when it starts (`ResponseStarted`): one request is one event here. */
function finished(raw: RawEvent): AuditEvent[] {
  if (raw.stage !== 'ResponseComplete' && raw.stage !== 'Panic') return [];
  const { resource = '', subresource } = raw.objectRef ?? {};
  return [
    {
      verb: raw.verb,
      group: raw.objectRef?.apiGroup ?? '',
      resource: subresource === undefined ? resource : `${resource}/${subresource}`,
      namespace: raw.objectRef?.namespace ?? null,
      name: raw.objectRef?.name ?? null,
      user: raw.impersonatedUser?.username ?? raw.user.username ?? '',
      userAgent: raw.userAgent ?? '',
      pod: raw.user.extra?.['authentication.kubernetes.io/pod-name']?.[0] ?? null,
      requestUri: raw.requestURI,
      responseStatus: raw.responseStatus?.code ?? 0,
      receivedAtMs: Date.parse(raw.requestReceivedTimestamp),
      finishedAtMs: Date.parse(raw.stageTimestamp),
    },
  ];
}

function matches(event: AuditEvent, filter: AuditFilter): boolean {
  const { verb, sinceMs, ...equal } = filter;
  if (verb !== undefined && ![verb].flat().includes(event.verb)) return false;
  if (sinceMs !== undefined && event.receivedAtMs < sinceMs) return false;
  return Object.entries(equal).every(
    ([field, wanted]) => wanted === undefined || event[field as keyof AuditEvent] === wanted,
  );
}
