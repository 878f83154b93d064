import { child, type JsonObject, metadataOf, text } from '../json/json.ts';
import type { ResourceType } from '../types/resource-types.ts';
import { badRequest } from '../types/status-error.ts';

export type Matches = (object: JsonObject) => boolean;

const LABEL_REQUIREMENT =
  /^\s*(?:(?<not>!)\s*(?<absent>[\w./-]+)|(?<key>[\w./-]+)\s*(?:(?<op>==|=|!=)\s*(?<value>[\w.-]*)|\s(?<set>in|notin)\s*\((?<values>[^()]*)\))?)\s*$/;

/**
 * Both selectors of a request as one predicate.
 * @throws StatusError 400 if a selector can't be read or names an unknown field.
 */
export function selector(type: ResourceType, labels: string, fields: string): Matches {
  const matchers = [
    ...split(labels).map(labelMatcher),
    ...split(fields).map((requirement) => fieldMatcher(type, requirement)),
  ];
  return (object) => matchers.every((matches) => matches(object));
}

/** At commas, but not inside parentheses. */
function split(selectorText: string): string[] {
  return selectorText.trim() === '' ? [] : selectorText.split(/,(?![^(]*\))/);
}

function labelMatcher(requirement: string): Matches {
  const groups = LABEL_REQUIREMENT.exec(requirement)?.groups;
  if (!groups) {
    throw badRequest(`unable to parse requirement: found '${requirement.trim()}'`);
  }
  const { absent, key = '', op, value = '', set, values = '' } = groups;
  const read = (object: JsonObject) => child(metadataOf(object), 'labels')[absent ?? key];
  if (absent !== undefined) return (object) => read(object) === undefined;
  if (op !== undefined) return (object) => (read(object) === value) === (op !== '!=');
  if (set === undefined) return (object) => read(object) !== undefined;
  const listed = values.split(',').map((item) => item.trim());
  return (object) => listed.includes(String(read(object) ?? '\u0000')) === (set === 'in');
}

function fieldMatcher(type: ResourceType, requirement: string): Matches {
  const [, field = '', op, wanted = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(requirement) ?? [];
  const meta = field === 'metadata.name' || (field === 'metadata.namespace' && type.namespaced);
  if (op === undefined) throw badRequest(`invalid field selector: ${requirement}`);
  if (!meta && !type.selectable.includes(field)) {
    throw badRequest(
      type.custom
        ? `field label not supported: ${field}`
        : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
  const value = (object: JsonObject) =>
    meta ? text(metadataOf(object), field.slice('metadata.'.length)) : textAt(object, field);
  return (object) => (value(object) === wanted) === (op !== '!=');
}

/** The text at a path such as `status.phase`. */
function textAt(object: JsonObject, path: string): string {
  const names = path.split('.');
  const parent = names.slice(0, -1).reduce(child, object);
  return text(parent, names.at(-1) ?? '');
}
