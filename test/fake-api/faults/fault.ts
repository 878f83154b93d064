import type { KubeRequest } from '../../../src/platform/kube/transport.ts';
import type { RequestInfo } from '../requests/request-info.ts';

/** What goes wrong with one request. `committed`: whether the server still did it. */
export type Fault =
  /** Refused or reset before the server saw it. */
  | { readonly kind: 'drop'; readonly code?: string }
  /** Done, but the connection broke before the answer. */
  | { readonly kind: 'lose-answer'; readonly code?: string }
  /** On the way there, or back; in the server it counts against `?timeout=`. */
  | { readonly kind: 'delay'; readonly where: 'before' | 'server' | 'after'; readonly ms: number }
  /** No answer until the client gives up. */
  | { readonly kind: 'hang'; readonly committed: boolean }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly committed: boolean;
      readonly retryAfterSeconds?: number;
      /** As the server words it. */
      readonly message?: string;
    }
  /** The body breaks off after this many bytes: with an error, or as if it were complete. */
  | { readonly kind: 'truncate'; readonly bytes: number; readonly silent: boolean }
  /** A read answered from an earlier state of the world. */
  | { readonly kind: 'stale'; readonly revision: number }
  /** What becomes of each line of a watch. */
  | { readonly kind: 'watch'; readonly line: (line: WatchLine) => WatchFault };

export interface WatchLine {
  /** From 0, of this watch. */
  readonly index: number;
  /** `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK`, `ERROR`. */
  readonly type: string;
  readonly name: string;
}

/** `break` is a reset, `end` the server's orderly end, `gone` an ERROR 410 in the stream. */
export type WatchFault =
  | 'pass'
  | 'drop'
  | 'double'
  | 'break'
  | 'end'
  | 'gone'
  | { readonly delayMs: number };

export interface FaultedRequest extends RequestInfo {
  /** From 0, over all requests of one transport. */
  readonly index: number;
  readonly request: KubeRequest;
}

/** Asked once for each request; an empty list lets it through. */
export type FaultPlan = (request: FaultedRequest) => readonly Fault[];

/** The reasons that the API server gives with these codes. */
export const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};
