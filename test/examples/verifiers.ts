/** The verifiers of docs/verifiers.md in a process of their own, on a clock that the test sets. */
import { documentedProgram, type Language, startProgram } from './documented-program.ts';

/**
 * Each makes as many verifiers as are asked for, which differ by when they fetched, and lets each judge
 * all tokens: an empty text for one that it accepts, else why it refuses.
 */
const DRIVERS: Readonly<Record<Language['name'], string>> = {
  JavaScript: `
import { createInterface } from 'node:readline';
let nowMs = 0;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) { args.length === 0 ? super(nowMs) : super(...args); }
  static now() { return nowMs; }
};
const verifiers = [];
const judge = async ({ verify }, token) => {
  try {
    return (await verify(token)).sub === 'someone' ? '' : 'other claims';
  } catch (error) {
    return error.message;
  }
};
for await (const line of createInterface({ input: process.stdin })) {
  const { atMs, count, tokens } = JSON.parse(line);
  nowMs = atMs;
  while (verifiers.length < count) verifiers.push(await import('./verifier.mjs?' + verifiers.length));
  const answers = [];
  for (const verifier of verifiers) {
    for (const token of tokens) answers.push(await judge(verifier, token));
  }
  console.log('= ' + JSON.stringify(answers));
}
process.exit();
`,
  Python: `
import datetime, importlib.util, json, sys, time
import jwt.api_jwt

now = 0
class Datetime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(now, tz)
# The caches go by the one, claims by the other.
time.monotonic = lambda: now
jwt.api_jwt.datetime = Datetime

def load(number):
    spec = importlib.util.spec_from_file_location(f"verifier{number}", "verifier.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

def judge(verifier, token):
    try:
        return "" if verifier.verify(token)["sub"] == "someone" else "other claims"
    except Exception as error:
        return f"{type(error).__name__}: {error}"

verifiers = []
for line in sys.stdin:
    task = json.loads(line)
    now = task["atMs"] / 1000
    while len(verifiers) < task["count"]:
        verifiers.append(load(len(verifiers)))
    answers = [judge(verifier, token) for verifier in verifiers for token in task["tokens"]]
    print("= " + json.dumps(answers), flush=True)
`,
};

export interface Verifiers {
  /**
   * @param count how many verifiers there are from now on; those that are new have not fetched yet
   * @returns what each of them says of each token, verifier by verifier: empty if it accepts it
   */
  judge(atMs: number, count: number, tokens: readonly string[]): Promise<readonly string[]>;
}

/** Runs until the test has finished. */
export function startVerifiers(language: Language, jwksUrl: string): Verifiers {
  const verifier = documentedProgram('docs/verifiers.md', 'verifier', language);
  const program = startProgram({
    language,
    files: { verifier, driver: DRIVERS[language.name] },
    env: { JWKS_URL: jwksUrl },
  });
  return {
    async judge(atMs, count, tokens) {
      return JSON.parse(await program.ask(JSON.stringify({ atMs, count, tokens })));
    },
  };
}
