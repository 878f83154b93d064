/** Reads the objects of one namespace live, and keeps the dates that the servers answered with. */
import type { Reading } from '../../core/reading/model.ts';
import type { Answer, KubeClient } from '../../platform/kube/client.ts';
import { KubeApiError } from '../../platform/kube/errors.ts';
import type { KubeObject, Resource } from '../../platform/kube/resource.ts';
import { NAMESPACES } from '../../platform/kube/resources.ts';

export class LiveReader {
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #signal: AbortSignal;
  readonly #dates: (number | null)[] = [];

  constructor(client: KubeClient, namespace: string, signal: AbortSignal) {
    this.#client = client;
    this.#namespace = namespace;
    this.#signal = signal;
  }

  /** Null if it is not there. */
  async get(resource: Resource, name: string): Promise<KubeObject | null> {
    return await this.#get(resource, name, false);
  }

  /** Null if it is not there. */
  async getMetadata(resource: Resource, name: string): Promise<KubeObject | null> {
    return await this.#get(resource, name, true);
  }

  async #get(resource: Resource, name: string, metadataOnly: boolean): Promise<KubeObject | null> {
    const ref = resource.namespaced ? { namespace: this.#namespace, name } : { name };
    const options = { signal: this.#signal, metadataOnly };
    try {
      return this.dated(await this.#client.get(resource, ref, options)).object;
    } catch (error) {
      if (error instanceof KubeApiError && error.kind === 'not-found') return null;
      throw error;
    }
  }

  /** Metadata alone. */
  async list(
    resource: Resource,
    labelSelector: string,
    fieldSelector: string,
  ): Promise<readonly KubeObject[]> {
    const answer = await this.#client.list(resource, {
      namespace: this.#namespace,
      labelSelector,
      fieldSelector,
      metadataOnly: true,
      signal: this.#signal,
    });
    return this.dated(answer).items;
  }

  async isNamespaceTerminating(): Promise<boolean> {
    const found = await this.get(NAMESPACES, this.#namespace);
    return found === null || found.metadata.deletionTimestamp !== undefined;
  }

  /** Both null if any answer had no date. */
  dates(): Pick<Reading, 'firstDateMs' | 'lastDateMs'> {
    const known = this.#dates.filter((date) => date !== null);
    if (known.length === 0 || known.length < this.#dates.length) {
      return { firstDateMs: null, lastDateMs: null };
    }
    return { firstDateMs: Math.min(...known), lastDateMs: Math.max(...known) };
  }

  /** Keeps the date of an answer that was read elsewhere. */
  dated<Dated extends Pick<Answer, 'dateMs'>>(answer: Dated): Dated {
    this.#dates.push(answer.dateMs);
    return answer;
  }
}
