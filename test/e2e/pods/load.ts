/** Asks for a JWKS again and again: over connections that are kept, and over a new one each time. */
import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type LoadReport, POD_PORT } from './reports.ts';
import { serveJson } from './serve-json.ts';

const WORKERS = 4;
const ASK_EVERY_MS = 25;
const ANSWER_TIMEOUT_MS = 5_000;
const FAILURES_MAX = 20;

export async function runLoad(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: { url: { type: 'string' } },
  });
  const { url } = values;
  if (url === undefined) throw new Error('--url is needed');
  let requests = 0;
  let failed = 0;
  const failures: string[] = [];
  const work = async (agent: Agent | false) => {
    for (;;) {
      try {
        await ask(url, agent);
      } catch (error) {
        failed += 1;
        const how = agent === false ? 'a new connection' : 'a kept connection';
        if (failures.length < FAILURES_MAX) {
          failures.push(`${new Date().toISOString()} over ${how}: ${error}`);
        }
      }
      requests += 1;
      await pause(ASK_EVERY_MS);
    }
  };
  const report = (): LoadReport => ({ requests, failed, failures });
  await serveJson(POD_PORT, { '/report': report });
  const workers = Array.from({ length: WORKERS }, (_, index) =>
    work(index % 2 === 0 ? false : new Agent({ keepAlive: true })),
  );
  await Promise.all(workers);
}

/** Resolves when a whole JWKS with a key in it has come. */
function ask(url: string, agent: Agent | false): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, timeout: ANSWER_TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200 && hasKey(text)) resolve();
        else reject(new Error(`${response.statusCode}: ${text.slice(0, 100)}`));
      });
    });
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', reject);
  });
}

function hasKey(text: string): boolean {
  try {
    return (JSON.parse(text) as { keys: unknown[] }).keys.length > 0;
  } catch {
    return false;
  }
}
