// Asks the TypeScript compiler whether values are what Stripe's own SDK declares: strict, no member that the type
// doesn't have. The SDK joins its enums with "any other string"; here they are closed, so that a misspelt one is seen.
//
//   typeCheck([{ name: 'a session', type: 'Stripe.Checkout.Session', value: {...} }])      parsed JSON
//   typeCheck([{ name: 'a refund', type: 'Stripe.RefundCreateParams', form: 'amount=5' }])  what went over the wire
//
// answers [{ name, error }] in the same order; error is null, or what the compiler says. A form carries strings only:
// "5" becomes 5 where the type takes no string there but a number, and likewise for booleans and arrays.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const kFile = join(dirname(dirname(fileURLToPath(import.meta.url))), 'stripe_types_check.ts');
const kPrelude = `import type { Stripe } from 'stripe';\ndeclare const decimal: (text: string) => Stripe.Decimal;\n`;
const kOptions = {
  strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
};
const kOpenEnum = 'export type OtherString = string & Record<never, never>;';

const unchanged = new Map(); // the SDK's declarations and the language's, parsed once

export function typeCheck(items) {
  const declarations = items.map(({ type }, i) => `type T${i} = ${type};\n`);
  const typesOnly = compile(kPrelude + declarations.join(''));
  const bad = errorsByLine(typesOnly);
  const checker = typesOnly.getTypeChecker();
  const aliases = typesOnly.getSourceFile(kFile).statements.filter(ts.isTypeAliasDeclaration);
  const types = aliases.map(({ name }) => checker.getDeclaredTypeOfSymbol(checker.getSymbolAtLocation(name)));

  const lines = kPrelude.split('\n').length - 1;
  const texts = items.map((item, i) => {
    const value = 'form' in item ? fromForm(item.form) : item.value;
    return `const x${i}: ${item.type} = ${new Writer(checker, 'form' in item).text(value, [types[i]])};\n`;
  });
  const errors = errorsByLine(compile(kPrelude + texts.join('')));
  return items.map(({ name }, i) => {
    if (types[i].flags & ts.TypeFlags.Any) return { name, error: bad.get(lines + i) ?? 'the type is any' };
    return { name, error: bad.get(lines + i) ?? errors.get(lines + i) ?? null };
  });
}

/** The values of one of the SDK's enums, by its type's name. */
export function enumOf(type) {
  const program = compile(`${kPrelude}type E = ${type};\n`);
  const [alias] = program.getSourceFile(kFile).statements.filter(ts.isTypeAliasDeclaration);
  const checker = program.getTypeChecker();
  const found = checker.getDeclaredTypeOfSymbol(checker.getSymbolAtLocation(alias.name));
  const values = (found.isUnion() ? found.types : [found]).filter((one) => one.isStringLiteral()).map((one) => one.value);
  if (values.length === 0) throw new Error(`${type} is no enum: ${errorsByLine(program).get(1) ?? 'it has no values'}`);
  return values;
}

function compile(text) {
  const host = ts.createCompilerHost(kOptions);
  const read = host.getSourceFile;
  host.getSourceFile = (path, ...rest) => {
    if (path === kFile) return ts.createSourceFile(path, text, kOptions.target, true);
    if (!unchanged.has(path)) unchanged.set(path, path.endsWith('/stripe/esm/shared.d.ts') ? closedEnums(path) : read(path, ...rest));
    return unchanged.get(path);
  };
  const exists = host.fileExists;
  host.fileExists = (path) => path === kFile || exists(path);
  return ts.createProgram([kFile], kOptions, host);
}

function closedEnums(path) {
  const text = readFileSync(path, 'utf8');
  if (!text.includes(kOpenEnum)) throw new Error(`${path} no longer says how its enums are open`);
  return ts.createSourceFile(path, text.replace(kOpenEnum, 'export type OtherString = never;'), kOptions.target, true);
}

function errorsByLine(program) {
  const file = program.getSourceFile(kFile);
  const outside = [...program.getOptionsDiagnostics(), ...program.getSyntacticDiagnostics(file)];
  if (outside.length > 0) throw new Error(outside.map(explain).join('\n'));
  const errors = new Map();
  for (const problem of program.getSemanticDiagnostics(file)) {
    const { line } = file.getLineAndCharacterOfPosition(problem.start);
    const said = explain(problem);
    errors.set(line, errors.has(line) ? `${errors.get(line)}\n${said}` : said);
  }
  return errors;
}

function explain({ messageText, file, start }) {
  const near = file?.text.slice(start, start + 60).split('\n')[0] ?? '';
  return `${ts.flattenDiagnosticMessageText(messageText, '\n')} (near: ${near})`;
}

/** Writes a value as TypeScript on one line, guided by what is declared for it. */
class Writer {
  #checker;
  #isForm;

  constructor(checker, isForm) {
    this.#checker = checker;
    this.#isForm = isForm;
  }

  text(value, types) {
    const wanted = types.flatMap((type) => (type.isUnion() ? type.types : [type]));
    if (typeof value === 'string') return this.#string(value, wanted);
    if (value === null || typeof value !== 'object') return JSON.stringify(value);
    const entries = Object.entries(value);
    const isList = this.#isForm && entries.length > 0 && entries.every(([key], i) => key === String(i));
    if (Array.isArray(value) || (isList && wanted.some((type) => this.#checker.isArrayType(type)))) {
      const inner = wanted.filter((type) => this.#checker.isArrayType(type)).flatMap((type) => this.#checker.getTypeArguments(type));
      return `[${entries.map(([, member]) => this.text(member, inner)).join(', ')}]`;
    }
    return `{${entries.map(([key, member]) => `${JSON.stringify(key)}: ${this.text(member, this.#memberTypes(wanted, key))}`).join(', ')}}`;
  }

  #memberTypes(types, key) {
    return types.flatMap((type) => {
      const found = type.getProperty(key) ? this.#checker.getTypeOfSymbol(type.getProperty(key)) : type.getStringIndexType();
      return found ? [found] : [];
    });
  }

  #string(value, wanted) {
    const quoted = JSON.stringify(value);
    if (wanted.some((type) => (type.flags & ts.TypeFlags.String) || (type.isStringLiteral() && type.value === value))) return quoted;
    const isDecimal = wanted.some((type) => (type.aliasSymbol ?? type.symbol)?.name === 'Decimal');
    if (isDecimal && /^-?\d+(\.\d+)?$/.test(value)) return `decimal(${quoted})`;
    if (!this.#isForm) return quoted;
    if (wanted.some((type) => type.flags & ts.TypeFlags.NumberLike) && String(Number(value)) === value) return value;
    if (wanted.some((type) => type.flags & ts.TypeFlags.BooleanLike) && /^(true|false)$/.test(value)) return value;
    return quoted;
  }
}

/** a[b][0]=c as {a: {b: {0: 'c'}}}; a name that comes twice, or is a value and an object, is an error. */
export function fromForm(form) {
  const root = {};
  for (const [name, value] of new URLSearchParams(form)) {
    const [, head, tail] = /^([^[\]]+)((?:\[[^[\]]+\])*)$/.exec(name) ?? [];
    if (head === undefined) throw new Error(`'${name}' is no form name that Stripe reads`);
    const keys = [head, ...[...tail.matchAll(/\[([^[\]]+)\]/g)].map(([, key]) => key)];
    const last = keys.pop();
    let at = root;
    for (const key of keys) {
      at = at[key] ??= {};
      if (typeof at !== 'object') throw new Error(`'${name}' is a value and an object`);
    }
    if (last in at) throw new Error(`'${name}' comes twice`);
    at[last] = value;
  }
  return root;
}
