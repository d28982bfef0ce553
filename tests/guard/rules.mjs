// The rules of src/README.md as functions. Each takes the tree (path → text) and returns what breaks it, one
// sentence per finding, so that a self-test can hand it a small bad tree.

const kStandardHeader = /^[a-z_0-9]+$/;
const kSystemHeader = /^((sys|netinet|arpa|net|linux)\/[\w/]+|[a-z]+)\.h$/;
const kMaxLines = 500;

/** Rows of the Markdown table below the heading `title`, as arrays of cells without backticks. */
export function tableBelow(markdown, title) {
  const section = markdown.split(/^## /m).find((part) => part.startsWith(title));
  if (!section) throw new Error(`src/README.md has no section "${title}"`);
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) => row.split('|').slice(1, -1).map((cell) => cell.replaceAll('`', '').trim()));
}

const listOf = (cell) => (cell === '' || cell === '—' ? [] : cell.split(/[,\s]+/).filter(Boolean));

/** {folders: Map(folder → Set of folders), owners: [{prefix, places}]} as src/README.md states them. */
export function rulesFrom(readme) {
  const folders = new Map();
  for (const [folder, , mayInclude] of tableBelow(readme, 'Who may include whom')) {
    folders.set(folder.replace(/\/$/, ''), new Set(listOf(mayInclude)));
  }
  const owners = tableBelow(readme, 'Who owns which library').flatMap(([, headers, places]) =>
    listOf(headers).map((prefix) => ({ prefix, places: listOf(places) })));
  return { folders, owners };
}

const isSource = (path) => /\.(cpp|hpp)$/.test(path);
const folderOf = (path) => /^src\/([^/]+)\//.exec(path)?.[1];

export function includesOf(text) {
  return [...text.matchAll(/^\s*#\s*include\s*(<([^>]+)>|"([^"]+)")/gm)].map((match) => ({
    angled: match[2] !== undefined,
    name: match[2] ?? match[3],
  }));
}

/** Folders include only what the table allows; the vocabulary includes only itself. */
export function includeTable(tree, { folders }) {
  const findings = [];
  for (const [path, text] of tree) {
    if (!isSource(path) || !/^(src|include)\//.test(path)) continue;
    const folder = folderOf(path);
    if (path.startsWith('src/') && !folders.has(folder)) {
      findings.push(`${path}: folder ${folder} is missing in the table of src/README.md`);
      continue;
    }
    for (const { angled, name } of includesOf(text)) {
      if (angled) continue;
      if (!folder) {
        findings.push(`${path}: the vocabulary includes "${name}", but may include only <checkout/…>`);
        continue;
      }
      const target = name.split('/')[0];
      if (!tree.has(`src/${name}`)) {
        findings.push(`${path}: "${name}" is no file below src/`);
      } else if (target !== folder && target !== 'base' && !folders.get(folder).has('all') &&
                 !folders.get(folder).has(target)) {
        findings.push(`${path}: ${folder} must not include "${name}"`);
      }
    }
  }
  return findings;
}

/** A library's headers are seen only by its owner, not even through another header. */
export function libraryOwners(tree, { owners }) {
  const findings = [];
  const seenBy = new Map();
  const headersSeenBy = (path) => {
    if (seenBy.has(path)) return seenBy.get(path);
    const seen = new Map();  // header → the project file that includes it
    seenBy.set(path, seen);
    for (const { angled, name } of includesOf(tree.get(path) ?? '')) {
      const ours = angled ? `include/${name}` : `src/${name}`;
      if (tree.has(ours)) {
        for (const [header, via] of headersSeenBy(ours)) seen.set(header, via);
      } else if (angled) {
        seen.set(name, path);
      }
    }
    return seen;
  };
  for (const path of tree.keys()) {
    if (!isSource(path) || !/^(src|include)\//.test(path)) continue;
    for (const [header, via] of headersSeenBy(path)) {
      if (kStandardHeader.test(header)) continue;
      const owner = owners.find(({ prefix }) => header === prefix || (prefix.endsWith('/') && header.startsWith(prefix)));
      if (!owner) {
        if (!kSystemHeader.test(header) && via === path) {
          findings.push(`${path}: <${header}> belongs to no library listed in src/README.md`);
        }
        continue;
      }
      const allowed = owner.places.some((place) => place === 'all' || path.startsWith(place));
      if (!allowed) {
        const how = via === path ? '' : ` (through ${via})`;
        findings.push(`${path}: <${header}> may be seen only in ${owner.places.join(', ')}${how}`);
      }
    }
  }
  return findings;
}

/** One schema, one .cpp and one line in the catalogue of tools; they share one name. */
export function toolTriples(tree) {
  const findings = [];
  const catalog = (tree.get('src/tools/catalog_of_tools.cpp') ?? '').split('\n').filter((l) => !l.trim().startsWith('//'));
  const schemas = [...tree.keys()].filter((path) => /^schemas\/tools\/[^/]+\.json$/.test(path));
  if (schemas.length === 0) findings.push('schemas/tools: no schema');
  const names = schemas.map((path) => path.replace(/^.*\/|\.json$/g, ''));
  for (const name of names) {
    const stated = JSON.parse(tree.get(`schemas/tools/${name}.json`)).name;
    if (stated !== name) findings.push(`schemas/tools/${name}.json: names itself ${stated}`);
    if (!tree.has(`src/tools/${name}.cpp`)) findings.push(`src/tools/${name}.cpp: missing, but its schema exists`);
    const lines = catalog.filter((line) => line.includes(`"${name}"`)).length;
    if (lines !== 1) findings.push(`src/tools/catalog_of_tools.cpp: ${name} stands on ${lines} lines instead of one`);
  }
  for (const line of catalog) {
    for (const [, name] of line.matchAll(/"([a-z]\w*)"/gi)) {
      if (!names.includes(name)) findings.push(`src/tools/catalog_of_tools.cpp: ${name} has no schema`);
    }
  }
  return findings;
}

/** Unit tests mirror src/, and every source and test file is part of the build. */
export function builtAndMirrored(tree, compiled) {
  const findings = [];
  for (const path of tree.keys()) {
    if (!path.endsWith('.cpp')) continue;
    const unit = /^tests\/unit\/(.+)\/[^/]+$/.exec(path);
    if (unit && ![...tree.keys()].some((other) => other.startsWith(`src/${unit[1]}/`))) {
      findings.push(`${path}: there is no folder src/${unit[1]}`);
    }
    if (/^(src|tests)\//.test(path) && !compiled.has(path)) findings.push(`${path}: the build does not compile it`);
  }
  return findings;
}

export function fileLength(tree) {
  return [...tree]
    .filter(([path]) => /^(src|include|tests)\/.*\.(cpp|hpp|mjs)$/.test(path))
    .map(([path, text]) => [path, text.split('\n').length - 1])
    .filter(([, lines]) => lines > kMaxLines)
    .map(([path, lines]) => `${path}: ${lines} lines; split it (at most ${kMaxLines})`);
}

/** Tests wait for conditions with a deadline, never for time to pass. */
export function noSleeps(tree) {
  const waits = /\b(sleep_for|sleep_until|usleep|nanosleep|setTimeout|timers\/promises|Atomics\.wait)\b|\bsleep\s*\(/;
  const helper = 'tests/interop/support/eventually.mjs';
  return [...tree]
    .filter(([path]) => /^tests\/.*\.(cpp|hpp|mjs)$/.test(path) && path !== helper && !path.startsWith('tests/guard/'))
    .flatMap(([path, text]) => text.split('\n').flatMap((line, index) =>
      waits.test(line) ? [`${path}:${index + 1}: waits by time; use eventually() or a condition`] : []));
}

const kChannels = 'ReplySink|Outlet|HttpResponder';

/** What messages are handed to owns what it writes to: a call may come when everybody else has gone. */
export function sinksOwn(tree) {
  const findings = [];
  for (const [path, text] of tree) {
    if (!/^src\/.*\.(cpp|hpp)$/.test(path)) continue;
    const classes = text.matchAll(new RegExp(
      `^( *)(?:class|struct) ([\\w:]+)[^;{]*:[^;{]*\\b(?:${kChannels})\\b[^;{]*\\{\\n([\\s\\S]*?)^\\1\\};`, 'gm'));
    for (const [, indent, name, body] of classes) {
      // Members stand one step deeper than the class, end in an underscore, and are no functions.
      const member = new RegExp(`^${indent}  (?:const |mutable )*[\\w:<>, ]+?(?:&|\\*)(?: const)? ?(\\w+_)(?: = .*)?;`, 'gm');
      for (const [, variable] of body.matchAll(member)) {
        findings.push(`${path}: ${name}::${variable} does not own what it writes to; hold a shared_ptr or a weak_ptr`);
      }
    }
  }
  return findings;
}
