import { expect, test } from 'vitest';
import { denialIn } from '../../../src/platform/kube/denial.ts';

/** The messages of kube-apiserver 1.36. test/cluster/api/denials.test.ts gets them from a real one. */
test.each([
  [
    `configmaps "payments-jwks" is forbidden: ValidatingAdmissionPolicy 'freeze' with binding 'freeze' denied request: not before Monday`,
    'denied by the ValidatingAdmissionPolicy freeze: see its validations',
  ],
  [
    `signingkeysets.signingkeys.dev "payments" is forbidden: ValidatingAdmissionPolicy 'a.b-c' with binding 'x' denied request: no`,
    'denied by the ValidatingAdmissionPolicy a.b-c: see its validations',
  ],
  [
    `configmaps "payments-jwks" is forbidden: ValidatingAdmissionPolicy 'freeze' denied request: failed to configure policy: x`,
    'denied by the ValidatingAdmissionPolicy freeze: see its validations',
  ],
  [
    'admission webhook "validate.kyverno.svc-fail" denied the request: no',
    'denied by the admission webhook validate.kyverno.svc-fail: ask who runs it',
  ],
  [
    'admission webhook "a.example.com" denied the request without explanation',
    'denied by the admission webhook a.example.com: ask who runs it',
  ],
  [
    'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://…": refused',
    'the admission webhook a.example.com does not answer as it should: see why',
  ],
  [
    'secrets "payments-key-2" is forbidden: exceeded quota: few, requested: count/secrets=1, used: count/secrets=3, limited: count/secrets=3',
    'the ResourceQuota few is used up: raise it',
  ],
  [
    'secrets is forbidden: User "system:serviceaccount:a:b" cannot list resource "secrets" in API group "" in the namespace "auth"',
    'a right is missing: grant what SECURITY.md lists',
  ],
])('%s', (message, hint) => {
  const isJudged = !hint.includes('does not answer');
  expect(denialIn(message)).toEqual({ isJudged, hint });
});

const PLANTED = 'hunter2+PRIVATE/KEY==';

test.each([
  '',
  `Secret "x" is invalid: data: Invalid value: "${PLANTED}"`,
  // Text from elsewhere follows the server's own words, and is not read.
  `Secret "x" is invalid: data: Invalid value: "secrets "x" is forbidden: exceeded quota: ${PLANTED}, "`,
  `Secret "x" is invalid: \nadmission webhook "hunter2" denied the request`,
  // Not a valid name.
  `admission webhook "${PLANTED}" denied the request: no`,
  `secrets "x" is forbidden: ValidatingAdmissionPolicy '${PLANTED}' with binding 'x' denied`,
  `secrets "x" is forbidden: exceeded quota: ${'a'.repeat(300)}, requested: 1`,
])('takes nothing from: %s', (message) => {
  expect(denialIn(message)).toBeNull();
});
