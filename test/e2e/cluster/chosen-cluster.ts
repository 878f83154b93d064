type Environment = Readonly<Record<string, string | undefined>>;

export type ChosenCluster =
  | { readonly kind: 'kubeconfig'; readonly path: string }
  | { readonly kind: 'k3s'; readonly image: string }
  | { readonly kind: 'node' };

/**
 * The cluster that KUBECONFIG names, else K3s of the image that E2E_K3S_IMAGE names, else a real node
 * on this machine, for which it takes Linux and root.
 */
export function chosenCluster(env: Environment): ChosenCluster {
  const { KUBECONFIG: path = '', E2E_K3S_IMAGE: image = '' } = env;
  if (path !== '') return { kind: 'kubeconfig', path };
  if (image !== '') return { kind: 'k3s', image };
  return { kind: 'node' };
}
