/**
 * What is in the bundle as a CycloneDX document, for scanners: they can't see a package in a bundle.
 * It has no time and no serial number, so that the same sources make the same bytes.
 */
import type { BundledPackage } from './bundled-packages.ts';

export interface Program {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

export function sbomOf(program: Program, packages: readonly BundledPackage[]): string {
  const { name, version, license } = program;
  const component = {
    type: 'application',
    'bom-ref': `${name}@${version}`,
    ...{ name, version, licenses: licensesOf(license) },
  };
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component },
    components: packages.map(componentOf),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function componentOf({ name, version, license }: BundledPackage): object {
  const [, group, ownName] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name) ?? [];
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    ...(group === undefined ? {} : { group }),
    ...{ name: ownName, version },
    ...(license === undefined ? {} : { licenses: licensesOf(license) }),
    purl,
  };
}

/** What npm has for a package whose licence is no SPDX expression. */
const IN_WORDS = /^(?:SEE LICEN[CS]E IN|UNLICENSED)/;

function licensesOf(license: string): readonly object[] {
  return [IN_WORDS.test(license) ? { license: { name: license } } : { expression: license }];
}
