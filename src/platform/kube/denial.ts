/**
 * Who denied a request, as the API server's own words say, and what to do about that. Only words
 * that stand before anybody else's are read, and only names are taken from them: what follows (a
 * policy's message, a webhook's) may quote what was refused.
 */

/** Of an object: a DNS subdomain (RFC 1123), as are the names of webhooks. */
const NAME = '([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)';
/** `configmaps "payments-jwks" is forbidden: ` (apierrors.NewForbidden). */
const FORBIDDEN = '^[a-z0-9./-]+(?: "[^"]*")? is forbidden: ';

export interface Denial {
  /** False where nobody judged it: a webhook that does not answer. */
  readonly isJudged: boolean;
  /** What to do about it. Free of secrets. */
  readonly hint: string;
}

interface Rule {
  readonly words: RegExp;
  readonly isJudged?: false;
  readonly hint: (name: string) => string;
}

const RULES: readonly Rule[] = [
  {
    words: new RegExp(
      `${FORBIDDEN}ValidatingAdmissionPolicy '${NAME}'(?: with binding '[^']*')? denied request`,
    ),
    hint: (name) => `denied by the ValidatingAdmissionPolicy ${name}: see its validations`,
  },
  {
    words: new RegExp(`^admission webhook "${NAME}" denied the request`),
    hint: (name) => `denied by the admission webhook ${name}: ask who runs it`,
  },
  {
    words: new RegExp(`^Internal error occurred: failed calling webhook "${NAME}": `),
    isJudged: false,
    hint: (name) => `the admission webhook ${name} does not answer as it should: see why`,
  },
  {
    words: new RegExp(`${FORBIDDEN}exceeded quota: ${NAME}, `),
    hint: (name) => `the ResourceQuota ${name} is used up: raise it`,
  },
  {
    words: new RegExp(`${FORBIDDEN}User "[^"]*" cannot `),
    hint: () => 'a right is missing: grant what SECURITY.md lists',
  },
];

/**
 * @param message of a `Status`
 * @returns null where nobody is said to have denied it
 */
export function denialIn(message: string): Denial | null {
  for (const { words, isJudged = true, hint } of RULES) {
    const found = words.exec(message);
    if (found !== null) return { isJudged, hint: hint(found[1] ?? '') };
  }
  return null;
}
