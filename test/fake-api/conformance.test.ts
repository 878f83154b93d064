import { systemClock } from '../../src/platform/clock.ts';
import { conformance } from '../conformance/conformance.ts';
import { WIDGET } from '../conformance/widget.ts';
import { FakeApi } from './fake-api.ts';
import { customResource } from './types/resource-types.ts';

const { group, version, plural, kind } = WIDGET;
const fake = new FakeApi({
  clock: systemClock,
  types: [customResource(group, version, plural, kind)],
});
let namespaces = 0;

conformance({
  transport: () => fake.transport,
  async prepareNamespace() {
    namespaces += 1;
    fake.hand.namespace(`conformance-${namespaces}`);
    return `conformance-${namespaces}`;
  },
  async compact() {
    fake.compact();
  },
});
