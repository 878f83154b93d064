/** Which answer a request to the public port gets. */
import { type Answer, headerOf } from '../platform/answer-server.ts';
import {
  composeError,
  JWKS_PATH,
  OPENID_CONFIGURATION_PATH,
  type Resource,
  type Resources,
} from './answers.ts';
import { matchesEtag } from './conditional.ts';
import type { RequestCounts } from './metrics.ts';

/** What `path` is in metrics where it is none of ours. */
const OTHER_PATH = 'other';

export interface Router {
  choose(method: string, path: string, rawHeaders: readonly string[]): Answer;
  readonly bodyRefused: Answer;
  readonly countMalformed: (status: number) => void;
  /** Replaces what is served, from the next request on. */
  serve(resources: Resources): void;
}

export function createRouter(initial: Resources, counts: RequestCounts): Router {
  let resources = initial;
  const notFound = composeError(404, 'not found', counts.of(404, OTHER_PATH));
  const notAllowedAt = (path: string) => {
    const text = 'only GET and HEAD are answered';
    return composeError(405, text, counts.of(405, path), ['Allow', 'GET, HEAD']);
  };
  const jwksNotAllowed = notAllowedAt(JWKS_PATH);
  const openidNotAllowed = notAllowedAt(OPENID_CONFIGURATION_PATH);

  return {
    choose(method, path, rawHeaders) {
      const isRead = method === 'GET' || method === 'HEAD';
      if (path === JWKS_PATH) {
        return isRead ? chooseOf(resources.jwks, rawHeaders) : jwksNotAllowed;
      }
      if (path === OPENID_CONFIGURATION_PATH) {
        return isRead ? chooseOf(resources.openidConfiguration, rawHeaders) : openidNotAllowed;
      }
      return notFound;
    },
    bodyRefused: composeError(413, 'a body is not read', counts.of(413, OTHER_PATH)),
    countMalformed(status) {
      counts.of(status, OTHER_PATH).requests++;
    },
    serve(next) {
      resources = next;
    },
  };
}

function chooseOf(resource: Resource, rawHeaders: readonly string[]): Answer {
  if (resource.etag === null) return resource.whole;
  const condition = headerOf(rawHeaders, 'if-none-match');
  if (condition === null) return resource.whole;
  return matchesEtag(condition, resource.etag) ? resource.unchanged : resource.whole;
}
