/** The flags of `signing-keys smoke-test`. */
import { CLUSTER_OPTIONS } from '../platform/cli/cluster-options.ts';
import { duration, optionalText, text } from '../platform/cli/option-kinds.ts';
import type { OptionValues } from '../platform/cli/options.ts';

export const SMOKE_OPTIONS = {
  ...CLUSTER_OPTIONS,
  namespace: optionalText({
    placeholder: '<name>',
    help: "the namespace to create the set in; without it, the Pod's or the context's",
  }),
  name: text({
    placeholder: '<name>',
    help: 'the name of the set; if an earlier test left one behind, it is deleted first',
    default: 'signing-keys-smoke-test',
  }),
  timeout: duration({
    help: 'how long the set may take to become ready, and then to be deleted',
    default: 120_000,
    minMs: 1000,
    maxMs: 3_600_000,
  }),
} as const;

export type SmokeConfig = OptionValues<typeof SMOKE_OPTIONS>;
