import { expect, test } from 'vitest';
import type { LogLine } from '../../support/kube/log-recorder.ts';
import { reasonViolations } from './reason-check.ts';

const NINE_MS = Date.UTC(2026, 11, 1, 9);

function line(message: string, fields: object = { step: 'WriteSigner', reason: 'Bar' }): LogLine {
  return { level: 'info', fields: { ...fields }, message, atMs: NINE_MS };
}

test.each<[string, LogLine, number]>([
  ['a wait that is over', line('left: since 2026-12-01T08:00:00Z, 1h: 2026-12-01T09:00:00Z'), 0],
  ['a wait that is not', line('left: since 2026-12-01T08:00:00Z, 2h: 2026-12-01T10:00:00Z'), 1],
  ['a wait that was skipped', line('skipped; it would have been: 2026-12-01T10:00:00Z'), 0],
  ['when someone set a field', line('changed (field manager edit, 2026-12-01T10:00:00Z).'), 0],
  ['a time rounded up', line('left: 2026-12-01T09:00:01Z'), 0],
  [
    'a status that announces it',
    line('until 2026-12-01T10:00:00Z', { step: 'WriteStatus', reason: 'WriteStatus' }),
    0,
  ],
  ['a line of another kind', line('until 2026-12-01T10:00:00Z', { set: 'auth/payments' }), 0],
])('%s', (_, given, expected) => {
  expect(reasonViolations([given])).toHaveLength(expected);
});
