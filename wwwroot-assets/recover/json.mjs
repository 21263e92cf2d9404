import { problems } from './problem.mjs';

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** JSON in which no name may stand twice at one place: two readers could see two values. */
export function parseStrictly(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw problems.metadataGarbage('it is not the expected JSON');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw problems.metadataGarbage('it is not the expected JSON');
  refuseRepeatedNames(text);
  return value;
}

// The text is known to be JSON, so a string before a colon is a name.
function refuseRepeatedNames(text) {
  const open = [];
  let last = null;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const name = JSON.parse(last);
      if (open.at(-1).has(name)) throw problems.metadataGarbage('a name stands in it twice');
      open.at(-1).add(name);
    }
    last = token;
  }
  return text;
}
