/** What a spec says of its verifiers, by what such verifiers really do. */
import type { Terms } from '../../../../src/core/formats/spec.ts';
import { type JsonObject, text } from '../../../fake-api/json/json.ts';
import { goDurationMs } from '../../../fake-api/requests/go-duration.ts';
import { type Behaviour, mayRefuseMs, onTimer, PRESETS } from './presets.ts';

export interface DeclaredVerifier {
  readonly name: string;
  /** Empty if a lifetime is declared. */
  readonly preset: string;
  readonly behaviour: Behaviour;
}

/** Those that are listed; none if the spec says only how long the slowest one caches. */
export function declaredVerifiers(spec: JsonObject): readonly DeclaredVerifier[] {
  const listed = Array.isArray(spec['verifiers']) ? (spec['verifiers'] as JsonObject[]) : [];
  return listed.map((verifier) => {
    const [name, preset] = [text(verifier, 'name'), text(verifier, 'preset')];
    const behaviour = preset === '' ? onTimer(ttlMs(verifier, 'cacheTTL')) : behaviourOf(preset);
    return { name, preset, behaviour };
  });
}

/** C and D as they truly are; the largest counts. */
export function trueTerms(
  terms: Terms,
  spec: JsonObject,
  verifiers: readonly DeclaredVerifier[],
): Terms {
  if (verifiers.length === 0) return terms;
  const declaredMs = text(spec, 'verifierCacheTTL') === '' ? 0 : ttlMs(spec, 'verifierCacheTTL');
  const behaviours = verifiers.map(({ behaviour }) => behaviour);
  const verifierCacheTtlMs = Math.max(declaredMs, ...behaviours.map(mayRefuseMs));
  const trustMs = Math.max(verifierCacheTtlMs, ...behaviours.map(({ trustsMs }) => trustsMs));
  const verifierTrustMs = trustMs === Number.POSITIVE_INFINITY ? null : trustMs;
  return { ...terms, verifierCacheTtlMs, verifierTrustMs };
}

function behaviourOf(preset: string): Behaviour {
  const found = (PRESETS as Readonly<Record<string, Behaviour>>)[preset];
  if (found === undefined) throw new RangeError(`nobody has measured the verifier ${preset}`);
  return found;
}

function ttlMs(object: JsonObject, field: string): number {
  const ms = goDurationMs(text(object, field));
  if (ms === null) throw new RangeError(`${field} is no duration: ${text(object, field)}`);
  return ms;
}
