/**
 * Names that are not a set's to take: Kubernetes or a well-known controller creates, reads or deletes objects
 * under them. The CRD refuses them, the operator never takes such an object for its own, and the chart's
 * policy protects none of them, so that their owner can put them right. The two patterns are in
 * the CRD and in the chart's object-protection.yaml as well, for which they are written as
 * RE2 reads them; test/charts/protection.test.ts compares. docs/errors.md lists them.
 */

/** ConfigMaps: of every namespace, of kube-system and kube-public, of service meshes, and Helm's releases. */
export const RESERVED_CONFIG_MAP_NAMES =
  '^(kube-root-ca[.]crt|openshift-service-ca[.]crt|istio-ca-root-cert|istio-ca-crl|' +
  'linkerd-identity-trust-roots|linkerd-config|extension-apiserver-authentication|' +
  'kube-apiserver-legacy-service-account-token-tracking|cluster-info|kubeadm-config|kubelet-config|' +
  'kube-proxy|coredns|coredns-custom|kube-dns|node-local-dns|aws-auth|sh[.]helm[.]release[.]v1[.].*)$';

/** Secrets: tokens of service accounts and of nodes that join, registry credentials, meshes' CAs, and Helm's releases. */
export const RESERVED_SECRET_NAMES =
  '^(bootstrap-token-.*|default-token-.*|.*-token-[a-z0-9]{5}|.*-dockercfg-[a-z0-9]{5}|' +
  'kubeadm-certs|cacerts|istio-ca-secret|linkerd-identity-issuer|sh[.]helm[.]release[.]v1[.].*)$';

const CONFIG_MAP = new RegExp(RESERVED_CONFIG_MAP_NAMES);
const SECRET = new RegExp(RESERVED_SECRET_NAMES);

export function isReservedConfigMapName(name: string): boolean {
  return CONFIG_MAP.test(name);
}

export function isReservedSecretName(name: string): boolean {
  return SECRET.test(name);
}

/** The patterns of Secrets' names that go on after a fixed start with anything. */
const SECRET_STARTS = ['bootstrap-token-', 'default-token-'];

/** How reserved names start that the Secrets of a set of this name would have; null if they would not. */
export function reservedStartOf(setName: string): string | null {
  return SECRET_STARTS.find((start) => `${setName}-`.startsWith(start)) ?? null;
}
