// Reads the official package's type declarations, and says where an object differs from them.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = new URL('../../node_modules/stripe/esm/resources/', import.meta.url).pathname;
const HEAD = /(?:export\s+)?(?:declare\s+)?(interface|namespace|type|class)\s+(\w+)/y;

// Every interface and type of a file by its qualified name, such as `Invoice.Parent.SubscriptionDetails`.
function declarations(text) {
  const found = new Map();
  const source = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
  let place = 0;
  const block = () => {
    const begin = place + 1;
    for (let depth = 0; place < source.length; place += 1) {
      if (source[place] === '{') depth += 1;
      if (source[place] === '}' && (depth -= 1) === 0) break;
    }
    place += 1;
    return source.slice(begin, place - 1);
  };
  const read = (scope, end) => {
    while (place < end) {
      HEAD.lastIndex = place;
      const head = HEAD.exec(source);
      if (!head) { place += 1; continue; }
      const [, kind, name] = head;
      const full = [...scope, name].join('.');
      place = HEAD.lastIndex;
      if (kind === 'type') {
        const stop = source.indexOf(';', place);
        found.set(full, { type: source.slice(source.indexOf('=', place) + 1, stop).trim(), scope });
        place = stop + 1;
        continue;
      }
      place = source.indexOf('{', place);
      if (kind === 'namespace') {
        const start = place;
        block();
        const stop = place;
        place = start + 1;
        read([...scope, name], stop - 1);
        place = stop;
      } else {
        const body = block();
        if (kind === 'interface') found.set(full, { members: members(body), scope });
      }
    }
  };
  read([], source.length);
  return found;
}

// `name?: type;` at the top level of a body.
function members(body) {
  const list = [];
  let depth = 0;
  let begin = 0;
  for (let place = 0; place < body.length; place += 1) {
    if ('{<('.includes(body[place])) depth += 1;
    if ('}>)'.includes(body[place]) && body[place - 1] !== '=') depth -= 1;
    if (body[place] !== ';' || depth > 0) continue;
    const member = body.slice(begin, place).trim().match(/^['"]?([\w.]+)['"]?(\?)?:\s*([\s\S]+)$/);
    if (member) list.push({ name: member[1], optional: Boolean(member[2]), type: member[3].trim() });
    begin = place + 1;
  }
  return list;
}

function alternatives(type) {
  const parts = [];
  let depth = 0;
  let part = '';
  for (const letter of type) {
    if ('{<('.includes(letter)) depth += 1;
    if ('}>)'.includes(letter)) depth -= 1;
    if (letter === '|' && depth === 0) { parts.push(part.trim()); part = ''; } else part += letter;
  }
  return [...parts, part.trim()].filter(Boolean);
}

const files = new Map();
// The root interface of an `object` word, such as `billing_portal.session`.
const roots = new Map();
for (const path of readdirSync(FOLDER, { recursive: true }).filter((name) => name.endsWith('.d.ts'))) {
  const text = readFileSync(join(FOLDER, path), 'utf8');
  const found = declarations(text);
  files.set(path, found);
  for (const [name, { members: list }] of found) {
    const word = list?.find((member) => member.name === 'object')?.type.match(/^'([\w.]+)'$/)?.[1];
    if (word && !name.includes('.') && !name.startsWith('Deleted') && !path.startsWith('V2')) roots.set(word, { found, name });
  }
}

function lookUp(found, scope, name) {
  for (let depth = scope.length; depth >= 0; depth -= 1) {
    const full = [...scope.slice(0, depth), name].join('.');
    if (found.has(full)) return { ...found.get(full), full };
  }
  return undefined;
}

// Complaints about an object by what it says it is.
export function complaints(object, path = object.object) {
  if (object.deleted === true && Object.keys(object).length === 3) return [];
  const root = roots.get(object.object);
  if (!root) return [`${path}: the types know no object ${object.object}`];
  return ofInterface(object, root.found, root.name, path);
}

function ofInterface(value, found, name, path) {
  const { members: list } = found.get(name);
  const known = new Map(list.map((member) => [member.name, member]));
  const wrong = [];
  for (const { name: member, optional } of list) {
    if (!optional && !(member in value)) wrong.push(`${path}.${member} is missing`);
  }
  for (const [member, inner] of Object.entries(value)) {
    const declared = known.get(member);
    if (!declared) wrong.push(`${path}.${member} is not in the types`);
    else wrong.push(...ofType(inner, declared.type, found, name.split('.'), `${path}.${member}`));
  }
  return wrong;
}

function ofType(value, type, found, scope, path) {
  const parts = alternatives(type);
  const tries = parts.map((part) => ofOne(value, part, found, scope, path));
  const best = tries.reduce((one, two) => (two.length < one.length ? two : one));
  return best.length > 0 && parts.length > 1 && !(value && typeof value === 'object')
    ? [`${path} is ${JSON.stringify(value)}, not ${type.replace(/\s+/g, ' ').slice(0, 120)}`] : best;
}

function ofOne(value, type, found, scope, path) {
  const bad = (wanted) => [`${path} is ${JSON.stringify(value)?.slice(0, 80)}, not ${wanted}`];
  if (type === 'null') return value === null ? [] : bad('null');
  if (type === 'OtherString' || type === 'void') return bad('one of the words');
  if (['string', 'number', 'boolean'].includes(type)) return typeof value === type ? [] : bad(type);
  if (type === 'Decimal') return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? [] : bad('a decimal');
  if (/^['"]/.test(type)) return value === type.slice(1, -1) ? [] : bad(type);
  const list = type.match(/^(Array|ApiList)<([\s\S]+)>$/);
  if (list) {
    const items = list[1] === 'Array' ? value : value?.data;
    if (!Array.isArray(items)) return bad(type);
    if (list[1] === 'ApiList' && (value.object !== 'list' || typeof value.has_more !== 'boolean' || typeof value.url !== 'string')) return bad('a list');
    return items.flatMap((item, index) => ofType(item, list[2], found, scope, `${path}[${index}]`));
  }
  if (value === null || typeof value !== 'object') {
    const alias = lookUp(found, scope, type);
    return alias?.type ? ofType(value, alias.type, found, alias.scope, path) : bad(type);
  }
  // Somebody else's object says itself what it is.
  if (typeof value.object === 'string' && !path.endsWith('data')) return complaints(value, `${path}(${value.object})`);
  const own = lookUp(found, scope, type);
  if (own?.members) return ofInterface(value, found, own.full, path);
  if (own?.type) return ofType(value, own.type, found, own.scope, path);
  return [];
}
