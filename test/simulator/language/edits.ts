/** What someone changes in an object: each edits a draft of it, or gives the new text of a part. */
import { ANNOTATION } from '../../../src/core/formats/names.ts';
import { type JsonObject, metadataOf, text, texts } from '../../fake-api/json/json.ts';

const HOLD = 'consumer.example.com/hold';

/** A finalizer of someone else keeps the object from now on, even if it is deleted. */
export function hold(draft: JsonObject): void {
  withFinalizers(draft, (before) => [...before, HOLD]);
}

export function release(draft: JsonObject): void {
  withFinalizers(draft, (before) => before.filter((name) => name !== HOLD));
}

function withFinalizers(
  draft: JsonObject,
  change: (before: readonly string[]) => readonly string[],
): void {
  const metadata = metadataOf(draft);
  draft['metadata'] = { ...metadata, finalizers: [...change(texts(metadata, 'finalizers'))] };
}

/** Every key was seen in the JWKS long ago; the generation stays. */
export function withForgedTimes(annotations: JsonObject): string {
  return text(annotations, ANNOTATION.ledger).replace(
    /"publishedSeenMs":\d+/g,
    '"publishedSeenMs":1',
  );
}
