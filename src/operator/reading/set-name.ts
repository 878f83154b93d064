/** A set by namespace and name. The work queue's key for it is `namespace/name`. */
export interface SetName {
  readonly namespace: string;
  readonly name: string;
}

export function setKey({ namespace, name }: SetName): string {
  return `${namespace}/${name}`;
}

export function setNameOf(key: string): SetName {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
