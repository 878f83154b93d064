/** No usable cluster is configured. A program ends with exit code 2 and this message. */
export class KubeConfigError extends Error {
  override readonly name = 'KubeConfigError';
  readonly code = 'KUBECONFIG_INVALID';
}

export const CORRECT_FILE = 'Correct it, or pass another with --kubeconfig FILE';
