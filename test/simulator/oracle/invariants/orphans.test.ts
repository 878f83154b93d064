/** Private keys that are left over, and those that are not. */
import { ANNOTATION, LABEL, SECRET_TYPE, SIGNER_FILE } from '../../../../src/core/formats/names.ts';
import { HAND } from '../../record/history.ts';
import { cases, SWITCHED } from '../cases.ts';
import { OPERATOR as OP } from '../small-history.ts';

const OWNER = { namespace: 'auth', name: 'payments', uid: 'uid-1' };

/** As the Secret of `b` is, with label and owner, under another name. */
const COPY_OF_B = {
  type: SECRET_TYPE.key,
  data: { [SIGNER_FILE.pem]: 'pem of b' },
  metadata: {
    labels: { [LABEL.set]: 'payments' },
    annotations: { [ANNOTATION.owner]: JSON.stringify(OWNER) },
  },
};

cases('Orphans', SWITCHED, [
  ['each key is known', [], []],
  ['one that waits to be the next', [[28, OP, 'key-3', 'c']], []],
  [
    'one that was passed over: another was made while it was there',
    [
      [28, OP, 'key-3', 'c'],
      [29, OP, 'key-4', 'd'],
    ],
    [120],
  ],
  [
    'one that it came to know later',
    [
      [28, OP, 'key-3', 'c'],
      [29, OP, 'key-4', 'd'],
      [30, OP, 'signer', 'b'],
    ],
    [],
  ],
  [
    'one that was destroyed again',
    [
      [28, OP, 'key-3', 'c'],
      [29, OP, 'key-4', 'd'],
      [30, OP, 'key-3', null],
    ],
    [],
  ],
  [
    'one that someone put there',
    [
      [28, HAND, 'key-3', 'c'],
      [29, OP, 'key-4', 'd'],
    ],
    [],
  ],
  ['a copy of one under another name', [[28, HAND, 'key-9', COPY_OF_B]], [120]],
  ['a copy without the set’s marks', [[28, HAND, 'key-9', 'b']], []],
  [
    'a copy that was destroyed',
    [
      [28, HAND, 'key-9', COPY_OF_B],
      [29, OP, 'key-9', null],
    ],
    [],
  ],
  ['a copy that someone made just before the end', [[110, HAND, 'key-9', COPY_OF_B]], []],
  [
    'one that someone took out of the ledger’s reach',
    [
      [28, OP, 'key-3', 'c'],
      [29, OP, 'key-4', 'd'],
      [30, HAND, 'key-3', { metadata: { labels: {} } }],
    ],
    [],
  ],
  [
    'while the set is being deleted',
    [
      [28, OP, 'key-3', 'c'],
      [29, OP, 'key-4', 'd'],
      [30, HAND, 'deletion', ''],
    ],
    [],
  ],
  [
    'without a ledger, which someone took',
    [
      [28, OP, 'key-3', 'c'],
      [29, OP, 'key-4', 'd'],
      [30, HAND, 'signer', null],
    ],
    [],
  ],
]);
