// Fails when the mini-program outgrows its budget: main package 800 KB (WeChat's own limit is 2 MB), every subpackage 400 KB.
import fs from 'node:fs';
import path from 'node:path';

const MAIN_KB = 800;
const PART_KB = 400;
const root = new URL('../dist/build/mp-weixin/', import.meta.url).pathname;
const config = JSON.parse(fs.readFileSync(path.join(root, 'app.json'), 'utf8'));
const parts = (config.subPackages ?? []).map((part) => part.root);

const files = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
const sizeOf = (belongs) => files.filter((file) => belongs(path.relative(root, file))).reduce((sum, file) => sum + fs.statSync(file).size, 0) / 1024;

const rows = [
  { name: 'main', kb: sizeOf((file) => !parts.some((part) => file.startsWith(`${part}/`))), budget: MAIN_KB },
  ...parts.map((part) => ({ name: part, kb: sizeOf((file) => file.startsWith(`${part}/`)), budget: PART_KB })),
];
for (const { name, kb, budget } of rows) console.log(`${kb <= budget ? 'ok  ' : 'OVER'} ${name}: ${kb.toFixed(0)} KB of ${budget} KB`);
process.exitCode = rows.some(({ kb, budget }) => kb > budget) ? 1 : 0;
