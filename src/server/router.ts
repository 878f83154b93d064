/** Which answer a request to the public port gets. */
import { type Answer, headerOf } from '../platform/http/answer-server.ts';
import { type AnswerTable, composeError, type PathAnswers } from './answers.ts';
import { matchesEtag } from './conditional.ts';
import type { RequestCounts } from './metrics.ts';

/** The `path` in metrics for every path that is not served. */
const OTHER_PATH = 'other';

export interface Router {
  choose(method: string, path: string, rawHeaders: readonly string[]): Answer;
  readonly bodyRefused: Answer;
  readonly countMalformed: (status: number) => void;
  /** Replaces what is served, from the next request on. */
  serve(table: AnswerTable): void;
}

export function createRouter(initial: AnswerTable, counts: RequestCounts): Router {
  let resources = initial;
  const notFound = composeError(404, 'not found', counts.of(404, OTHER_PATH));

  return {
    choose(method, path, rawHeaders) {
      const resource = resourceAt(resources, path);
      if (resource === null) return notFound;
      const isRead = method === 'GET' || method === 'HEAD';
      return isRead ? chooseOf(resource, rawHeaders) : resource.notAllowed;
    },
    bodyRefused: composeError(413, 'a request body is not accepted', counts.of(413, OTHER_PATH)),
    countMalformed(status) {
      counts.of(status, OTHER_PATH).requests++;
    },
    serve(next) {
      resources = next;
    },
  };
}

function resourceAt({ byPath, byEnd }: AnswerTable, path: string): PathAnswers | null {
  const found = byPath.get(path);
  if (found !== undefined) return found;
  for (const [end, resource] of byEnd) if (path.endsWith(end)) return resource;
  return null;
}

function chooseOf(resource: PathAnswers, rawHeaders: readonly string[]): Answer {
  if (resource.etag === null) return resource.whole;
  const condition = headerOf(rawHeaders, 'if-none-match');
  if (condition === null) return resource.whole;
  return matchesEtag(condition, resource.etag) ? resource.unchanged : resource.whole;
}
