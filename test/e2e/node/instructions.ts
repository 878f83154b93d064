/** What `make node` tells its users to type. */
import { delimiter } from 'node:path';
import { imageFlags, imageValues } from '../install/image-values.ts';
import { installWords } from '../install/operator-install.ts';

export interface NodeAccess {
  readonly kubeconfigPath: string;
  /** Of kubectl and Helm. */
  readonly programFolders: readonly string[];
  /** The program's image, which the node has. */
  readonly image: string;
}

/**
 * Lines for a shell in the project's folder; those that begin with `#` are for the reader. Each of the
 * others is one command.
 */
export function instructions(node: NodeAccess): readonly string[] {
  const { kubeconfigPath, programFolders, image } = node;
  const flags = ['--set=configMapName=payments-jwks', ...imageFlags(imageValues(image))];
  return [
    '# In another terminal, in this folder:',
    `export KUBECONFIG=${kubeconfigPath}`,
    `export PATH=${[...new Set(programFolders)].join(delimiter)}${delimiter}$PATH`,
    `# The node has the image ${image}, and pulls none. The operator:`,
    installWords(image).join(' '),
    '# A set, and the JWKS server for it:',
    'kubectl apply -f docs/examples/payments.yaml',
    `helm install payments-jwks charts/jwks-server --namespace=default ${flags.join(' ')}`,
    '# What is published, once the pods of the JWKS server run:',
    'kubectl get --raw /api/v1/namespaces/default/services/payments-jwks-jwks-server:http/proxy/.well-known/jwks.json',
  ];
}
