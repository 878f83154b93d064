/** This machine, as a part of names in the cache. */
export function machine(): string {
  return `${process.platform}-${goArchitecture()}`;
}

/** Go's name for this machine's processor; Node's differs in one case that matters. */
export function goArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
