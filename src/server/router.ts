/** Which answer a request to the public port gets. */
import type { Answer, Refusals } from '../platform/http/answer-server.ts';
import { headerOf } from '../platform/http/request-parts.ts';
import { type AnswerTable, composeOptions, composeText, type PathAnswers } from './answers.ts';
import { failsIfMatch, matchesEtag } from './conditional.ts';
import { normalizedPath } from './issuer-paths.ts';
import type { RequestCounts } from './metrics.ts';

/** The `path` in metrics for every path that is not served. */
const OTHER_PATH = 'other';

export interface Router {
  choose(method: string, path: string, rawHeaders: readonly string[]): Answer;
  readonly refusals: Refusals;
  readonly countMalformed: (status: number) => void;
  /** Replaces what is served, from the next request on. */
  serve(table: AnswerTable): void;
}

export function createRouter(initial: AnswerTable, counts: RequestCounts): Router {
  let resources = initial;
  const error = (status: number, text: string) =>
    composeText(status, text, counts.of(status, OTHER_PATH));
  const notFound = error(404, 'not found');
  const serverOptions = composeOptions(counts.of(204, OTHER_PATH));

  return {
    choose(method, path, rawHeaders) {
      // What the whole server can do (RFC 9110 section 9.3.7).
      if (path === '*') return method === 'OPTIONS' ? serverOptions : notFound;
      const resource = resourceAt(resources, path);
      if (resource === null) return notFound;
      if (method === 'GET' || method === 'HEAD') return chooseOf(resource, rawHeaders);
      return method === 'OPTIONS' ? resource.options : resource.notAllowed;
    },
    refusals: {
      400: error(400, 'the Host header is missing or invalid'),
      413: error(413, 'the request body is too large'),
      431: error(431, 'there are too many headers'),
    },
    countMalformed(status) {
      counts.of(status, OTHER_PATH).requests++;
    },
    serve(next) {
      resources = next;
    },
  };
}

function resourceAt({ byPath, byEnd }: AnswerTable, path: string): PathAnswers | null {
  const exact = byPath.get(path);
  if (exact !== undefined) return exact;
  const normalized = normalizedPath(path);
  const found = byPath.get(normalized);
  if (found !== undefined) return found;
  for (const [end, resource] of byEnd) if (normalized.endsWith(end)) return resource;
  return null;
}

/** Conditions in the order of RFC 9110 section 13.2.2. There is no date to compare, and no range. */
function chooseOf(resource: PathAnswers, rawHeaders: readonly string[]): Answer {
  const { etag, whole } = resource;
  if (etag === null) return whole;
  const match = headerOf(rawHeaders, 'if-match');
  if (match !== null && failsIfMatch(match, etag)) return resource.preconditionFailed;
  const noneMatch = headerOf(rawHeaders, 'if-none-match');
  return noneMatch !== null && matchesEtag(noneMatch, etag) ? resource.unchanged : whole;
}
