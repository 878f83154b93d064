/**
 * Who denied a request, according to the API server, and what to do about it. It reads only the words
 * of the API server itself and takes only names from them: the rest of the message, from a policy or a
 * webhook, may quote what was refused.
 */

/** The name of an object or webhook: a DNS subdomain (RFC 1123). */
const NAME = '([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)';
/** `configmaps "payments-jwks" is forbidden: ` (apierrors.NewForbidden). */
const FORBIDDEN = '^[a-z0-9./-]+(?: "[^"]*")? is forbidden: ';

export interface Denial {
  /** False if nothing judged the request: a webhook did not answer. */
  readonly isJudged: boolean;
  /** What to do about it. Holds no secrets. */
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
 * @returns null if the message names nothing that denied it
 */
export function denialIn(message: string): Denial | null {
  for (const { words, isJudged = true, hint } of RULES) {
    const found = words.exec(message);
    if (found !== null) return { isJudged, hint: hint(found[1] ?? '') };
  }
  return null;
}
