import { expect, test } from 'vitest';
import { type Api, freshApi, listed, METADATA_LIST, refusal, type Subject } from './api.ts';
import { widget } from './widget.ts';

const LABELS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  a: { app: 'x' },
  b: { app: 'x', t: '' },
  c: { app: 'y' },
  d: {},
};

type Selection = readonly [query: Record<string, string>, expected: unknown[]];

const SELECTIONS: readonly Selection[] = [
  [{ labelSelector: 'app=x' }, [200, 'a b']],
  [{ labelSelector: 'app==x,t' }, [200, 'b']],
  [{ labelSelector: 'app!=x' }, [200, 'c d']],
  [{ labelSelector: 'app in (x,y)' }, [200, 'a b c']],
  [{ labelSelector: 'app notin (x)' }, [200, 'c d']],
  [{ labelSelector: 't' }, [200, 'b']],
  [{ labelSelector: '!t' }, [200, 'a c d']],
  [{ labelSelector: 'a b' }, [400, '']],
  [{ fieldSelector: 'metadata.name=a' }, [200, 'a']],
  [{ fieldSelector: 'metadata.name!=a' }, [200, 'b c d']],
  [{ fieldSelector: 'metadata.name=a', labelSelector: 'app=y' }, [200, '']],
  [{ fieldSelector: 'foo=bar' }, [400, '']],
  [{ limit: 'x' }, [400, '']],
  [{ limit: '-1' }, [200, 'a b c d']],
  [{ resourceVersion: '0', limit: '1' }, [200, 'a b c d']],
  [{ resourceVersion: 'abc' }, [400, '']],
  [{ resourceVersionMatch: 'Exact' }, [422, '']],
  [{ continue: 'abc' }, [400, '']],
];

async function fill(api: Api): Promise<void> {
  for (const [name, labels] of Object.entries(LABELS)) {
    await api.post(api.path('configmaps'), { metadata: { name, labels } });
  }
}

export function lists(subject: Subject): void {
  test('selectors and options', async () => {
    const api = await freshApi(subject);
    await fill(api);
    for (const [query, expected] of SELECTIONS) {
      const answer = await api.get(api.path('configmaps'), { query });
      expect(listed(answer), JSON.stringify(query)).toEqual(expected);
    }
  });

  test('Secrets are selected by type', async () => {
    const api = await freshApi(subject);
    const secret = { metadata: { name: 's1' }, type: 'signingkeys.dev/key' };
    await api.post(api.path('secrets'), secret);
    await api.post(api.path('secrets'), { metadata: { name: 's2' } });
    const query = { fieldSelector: 'type=signingkeys.dev/key' };
    expect(listed(await api.get(api.path('secrets'), { query }))).toEqual([200, 's1']);
    const all = { fieldSelector: `type=signingkeys.dev/key,metadata.namespace=${api.namespace}` };
    expect(listed(await api.get('/api/v1/secrets', { query: all }))).toEqual([200, 's1']);
    expect((await api.get(api.path('configmaps'), { query })).status).toBe(400);
  });

  test('a list carries the version from which to watch', async () => {
    const api = await freshApi(subject);
    const { body } = await api.post(api.path('configmaps'), { metadata: { name: 'a' } });
    const answer = await api.get(api.path('configmaps'));
    expect(answer.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(Number(answer.body.metadata.resourceVersion)).toBeGreaterThanOrEqual(
      Number(body.metadata.resourceVersion),
    );
    expect(answer.body.items[0].kind).toBeUndefined();
    await api.post(api.path('widgets'), widget('w'));
    const widgets = await api.get(api.path('widgets'));
    expect([widgets.body.kind, widgets.body.items[0].kind]).toEqual(['WidgetList', 'Widget']);
  });

  test('all chunks show one version, whatever happens in between', async () => {
    const api = await freshApi(subject);
    await fill(api);
    const path = api.path('configmaps');
    const first = await api.get(path, { query: { limit: '2' } });
    expect(listed(first)).toEqual([200, 'a b']);
    expect(first.body.metadata.remainingItemCount).toBe(2);
    await api.delete(api.path('configmaps', 'd'));
    await api.post(path, { metadata: { name: 'bb' } });
    const query = { limit: '2', continue: first.body.metadata.continue };
    const second = await api.get(path, { query });
    expect(listed(second)).toEqual([200, 'c d']);
    expect(second.body.metadata).toEqual({
      resourceVersion: first.body.metadata.resourceVersion,
    });
    const both = { ...query, resourceVersion: first.body.metadata.resourceVersion };
    expect((await api.get(path, { query: both })).status).toBe(400);
  });

  test('a chunk of a selection does not say how much is left', async () => {
    const api = await freshApi(subject);
    await fill(api);
    const query = { limit: '1', labelSelector: 'app=x' };
    const { body } = await api.get(api.path('configmaps'), { query });
    expect(body.metadata.continue).toMatch(/./);
    expect(body.metadata.remainingItemCount).toBeUndefined();
  });

  test('only metadata, if that is asked for', async () => {
    const api = await freshApi(subject);
    await api.post(api.path('secrets'), { metadata: { name: 's' }, stringData: { k: 'secret' } });
    const headers = { accept: METADATA_LIST };
    const { body } = await api.get(api.path('secrets'), { headers });
    expect(body).toMatchObject({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      items: [{ kind: 'PartialObjectMetadata', metadata: { name: 's' } }],
    });
    expect(Object.keys(body.items[0]).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
  });

  test('a version that is to come is refused for now', async () => {
    const api = await freshApi(subject);
    const query = { resourceVersion: '999999999' };
    const answer = await api.get(api.path('configmaps'), { query });
    expect([answer.status, answer.body.reason]).toEqual([504, 'Timeout']);
    expect(answer.body.details.causes[0].reason).toBe('ResourceVersionTooLarge');
    expect(answer.headers['retry-after']).toBe('1');
  });

  test.skipIf(subject.compact === null)(
    'an expired list is 410, with a way to continue',
    async () => {
      const api = await freshApi(subject);
      const path = api.path('widgets');
      for (const name of ['a', 'b', 'c']) await api.post(path, widget(name));
      await subject.compact?.();
      const old = JSON.stringify({ v: 'meta.k8s.io/v1', rv: 1, start: 'a\u0000' });
      const query = { limit: '1', continue: Buffer.from(old).toString('base64url') };
      const expired = await api.get(path, { query });
      expect(refusal(expired)).toEqual([410, 'Expired']);
      expect(expired.body.metadata.continue).toMatch(/./);
      const exact = { resourceVersion: '1', resourceVersionMatch: 'Exact' };
      expect(refusal(await api.get(path, { query: exact }))).toEqual([410, 'Expired']);
    },
  );
}
