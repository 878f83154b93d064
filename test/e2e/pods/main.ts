/** What the pods of the tests run: one program, bundled into an image of its own. */
import { runIssuer, runIssuerOnce } from './issuer.ts';
import { runLoad } from './load.ts';
import { runVerifier } from './verifier.ts';

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  issuer: runIssuer,
  'issuer-once': runIssuerOnce,
  load: runLoad,
  verifier: runVerifier,
};

const name = process.argv[2] ?? '';
const command = COMMANDS[name];
if (command === undefined) throw new Error(`there is no command '${name}'`);
// As process 1 in its container it has to end by itself: nothing else has a handler for it.
process.once('SIGTERM', () => process.exit(0));
await command();
