// Keeps the rules of src/README.md. Every rule is first seen to fail on a small bad tree.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';

import {
  builtAndMirrored, fileLength, includesOf, includeTable, libraryOwners, noSleeps, rulesFrom, sinksOwn, toolTriples,
} from './rules.mjs';

const root = resolve(import.meta.dirname, '../..');

function readTree(...folders) {
  const tree = new Map();
  const walk = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!['node_modules', 'artifacts'].includes(entry.name)) walk(path);
      } else if (/\.(cpp|hpp|mjs|json)$/.test(entry.name)) {
        tree.set(path, readFileSync(join(root, path), 'utf8'));
      }
    }
  };
  folders.filter((folder) => existsSync(join(root, folder))).forEach(walk);
  return tree;
}

// A unity build compiles several files at once, through one that includes them.
const filesIn = (file) => /\/unity_\d+_cxx\.cxx$/.test(file)
  ? includesOf(readFileSync(file, 'utf8')).map(({ name }) => name)
  : [file];

const tree = readTree('include', 'src', 'schemas', 'tests');
const rules = rulesFrom(readFileSync(join(root, 'src/README.md'), 'utf8'));

const bad = (files) => new Map(Object.entries(files));
const holds = (findings) => assert.deepEqual(findings, []);
const fails = (findings, expected) => {
  assert.equal(findings.length, expected.length, findings.join('\n'));
  expected.forEach((pattern, index) => assert.match(findings[index], pattern));
};

describe('folders include only what the table allows', () => {
  test('here', () => holds(includeTable(tree, rules)));

  test('a forbidden folder is found', () => fails(includeTable(bad({
    'src/saga/a.cpp': '#include "store/b.hpp"\n#include "domain/c.hpp"\n#include "base/d.hpp"\n',
    'src/store/b.hpp': '', 'src/domain/c.hpp': '', 'src/base/d.hpp': '',
  }), rules), [/src\/saga\/a.cpp: saga must not include "store\/b.hpp"/]));

  test('a vocabulary header that includes a part is found', () => fails(includeTable(bad({
    'include/checkout/a.hpp': '#include <checkout/b.hpp>\n#include "base/log.hpp"\n', 'src/base/log.hpp': '',
  }), rules), [/the vocabulary includes "base\/log.hpp"/]));

  test('a path that is not relative to src is found', () => fails(includeTable(bad({
    'src/saga/a.cpp': '#include "b.hpp"\n', 'src/saga/b.hpp': '',
  }), rules), [/"b.hpp" is no file below src/]));

  test('a new folder without a row in the table is found', () => fails(includeTable(bad({
    'src/misc/a.cpp': '',
  }), rules), [/folder misc is missing/]));
});

describe('libraries are seen only by their owners', () => {
  test('here', () => holds(libraryOwners(tree, rules)));

  test('a library in the wrong folder is found', () => fails(libraryOwners(bad({
    'src/saga/a.cpp': '#include <sqlite3.h>\n#include <vector>\n#include <unistd.h>\n',
  }), rules), [/<sqlite3.h> may be seen only in src\/store\/sqlite\//]));

  test('a library that shows through a header is found', () => fails(libraryOwners(bad({
    'src/transport/private.hpp': '#include <boost/asio.hpp>\n',
    'src/transport/server.hpp': '#include "transport/private.hpp"\n',
    'src/app/main.cpp': '#include "transport/server.hpp"\n',
  }), rules), [/src\/app\/main.cpp: <boost\/asio.hpp> .* \(through src\/transport\/private.hpp\)/]));

  test('a library in the vocabulary is found', () => fails(libraryOwners(bad({
    'include/checkout/a.hpp': '#include <openssl/sha.h>\n',
  }), rules), [/include\/checkout\/a.hpp: <openssl\/sha.h>/]));

  test('an unlisted library is found', () => fails(libraryOwners(bad({
    'src/base/a.cpp': '#include <curl/curl.h>\n',
  }), rules), [/<curl\/curl.h> belongs to no library listed/]));
});

describe('one schema, one tool file, one line in the list', () => {
  test('here', () => holds(toolTriples(tree)));

  test('each missing part is found', () => fails(toolTriples(bad({
    'schemas/tools/cart_view.json': '{"name": "cart_views"}',
    'src/tools/catalog_of_tools.cpp': '{"cart_clear", makeCartClear},\n',
  })), [/names itself cart_views/, /cart_view.cpp: missing/, /cart_view stands on 0 lines/, /cart_clear has no schema/]));
});

describe('every file is built, and unit tests mirror src', () => {
  const build = resolve(process.env.CHECKOUT_BUILD_DIR ?? join(root, 'build/release'));
  const commands = JSON.parse(readFileSync(join(build, 'compile_commands.json'), 'utf8'));
  const compiled = new Set(commands.flatMap(({ file }) => filesIn(file)).map((file) => relative(root, file)));

  test('here', () => holds(builtAndMirrored(tree, compiled)));

  test('a file that is not built and a test without its folder are found', () => fails(builtAndMirrored(bad({
    'src/base/a.cpp': '', 'src/base/b.cpp': '', 'tests/unit/nowhere/c_test.cpp': '',
  }), new Set(['src/base/a.cpp', 'tests/unit/nowhere/c_test.cpp'])),
  [/src\/base\/b.cpp: the build does not/, /no folder src\/nowhere/]));
});

describe('files stay short', () => {
  test('here', () => holds(fileLength(tree)));

  test('a long file is found', () => fails(fileLength(bad({
    'src/base/a.cpp': '\n'.repeat(501), 'src/base/b.cpp': '\n'.repeat(500),
  })), [/a.cpp: 501 lines/]));
});

describe('tests never wait by time', () => {
  test('here', () => holds(noSleeps(tree)));

  test('each kind of wait is found', () => fails(noSleeps(bad({
    'tests/unit/a/a_test.cpp': 'std::this_thread::sleep_for(1ms);\n',
    'tests/unit/a/b_test.cpp': 'sleep (1);\nthreads.asleep();\n',
    'tests/interop/c_test.mjs': 'await new Promise((done) => setTimeout(done, 100));\n',
    'tests/interop/support/eventually.mjs': 'setTimeout(done, 20);\n',
  })), [/a_test.cpp:1/, /b_test.cpp:1/, /c_test.mjs:1/]));
});

describe('sinks own what they write to', () => {
  test('here', () => holds(sinksOwn(tree)));

  test('a reference and a pointer are found, owners are not', () => fails(sinksOwn(bad({
    'src/transport/a.cpp': 'class Sink final : public mcp::ReplySink, public mcp::Outlet {\n public:\n' +
      '  explicit Sink(Writer& writer) : writer_(writer) {}\n private:\n  Writer& writer_;\n' +
      '  Loop* const loop_ = nullptr;\n  const std::shared_ptr<Writer> other_;\n};\n',
    'src/transport/b.cpp': 'class Door {\n  Writer& writer_;\n};\n' +
      'struct Sink final : HttpResponder {\n  void use(Writer& writer);\n  std::weak_ptr<Writer> writer_;\n};\n',
  })), [/a.cpp: Sink::writer_ does not own/, /a.cpp: Sink::loop_ does not own/]));
});

test('shell scripts are clean', () => {
  const isShell = (path) => /^#!.*\bbash/.test(readFileSync(join(root, path), 'utf8').slice(0, 64));
  const scripts = ['.ci/run', 'tests/interop/node', ...readdirSync(join(root, 'scripts')).map((name) => `scripts/${name}`)].filter(isShell);
  execFileSync('shellcheck', scripts, { cwd: root, stdio: 'inherit' });
});
