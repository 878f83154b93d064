/** Of a name that could not be looked up, a connection that was not made or broke, a time that was over. */
const CODES: ReadonlySet<string> = new Set(
  `EAI_AGAIN ENOTFOUND ECONNREFUSED ECONNRESET ETIMEDOUT EHOSTUNREACH ENETUNREACH EPIPE
  UND_ERR_CONNECT_TIMEOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT UND_ERR_SOCKET
  ERR_JWKS_TIMEOUT`.split(/\s+/),
);

/**
 * Whether a library failed because nobody answered it, so that it has not judged the token: on a node
 * whose API server has been away the cluster's DNS comes and goes. An answer that is of no use is the
 * server's fault, and counts.
 */
export function isWithoutAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'string' && CODES.has(code)) return true;
  // `fetch failed` and the attempts of several addresses say it of their causes.
  if (error instanceof AggregateError) return error.errors.every(isWithoutAnswer);
  return isWithoutAnswer(error.cause);
}
