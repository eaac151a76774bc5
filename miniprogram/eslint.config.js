import js from '@eslint/js';
import ts from 'typescript-eslint';
import vue from 'eslint-plugin-vue';

const globals = Object.fromEntries([
  'process', 'URL', 'console', 'uni', 'wx', 'getCurrentPages', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval',
  'window', 'document', 'location', 'history', 'navigator', 'sessionStorage', 'fetch', 'Event', 'WebSocket', 'Image',
  'HTMLElement', 'HTMLInputElement', 'HTMLVideoElement', 'MediaStream', 'CanvasImageSource', 'Blob', 'WakeLockSentinel', 'UniApp',
].map((name) => [name, 'readonly']));

const browserOnly = ['window', 'document', 'location', 'history', 'navigator', 'sessionStorage', 'localStorage', 'fetch', 'WebSocket'];
const forbid = (names, message) => ['error', ...names.map((name) => ({ name, message }))];
/** uni-app names template data a, b, … aa; a one- or two-letter v-for alias shadows them in the generated WXML. */
const shortAlias = { selector: 'VForExpression > Identifier.left[name=/^[A-Za-z]{1,2}$/]', message: 'v-for alias needs three letters or more (mp-weixin data keys)' };

export default ts.config(
  { ignores: ['dist/**', 'node_modules/**', 'src/api/schema.d.ts', 'test/**/*.mjs'] },
  js.configs.recommended,
  ...ts.configs.recommendedTypeChecked,
  ...vue.configs['flat/recommended'],
  {
    languageOptions: { globals, parserOptions: { projectService: true, extraFileExtensions: ['.vue'], parser: ts.parser } },
    rules: {
      'vue/no-restricted-syntax': ['error', shortAlias],
      // the layout of templates is ours: short ones on one line, long ones broken where it reads well
      'vue/max-attributes-per-line': 'off', 'vue/singleline-html-element-content-newline': 'off', 'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off', 'vue/first-attribute-linebreak': 'off', 'vue/html-closing-bracket-newline': 'off', 'vue/html-indent': 'off',
      // pages are named by their folders
      'vue/multi-word-component-names': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    // the contract's side knows nothing of the platform it runs on
    files: ['src/api/**'],
    rules: { 'no-restricted-globals': forbid(['uni', 'wx', 'getApp', ...browserOnly], 'src/api is free of platforms: inject what it needs') },
  },
  {
    // rules are pure
    files: ['src/lib/**'],
    rules: { 'no-restricted-globals': forbid(['uni', 'wx', ...browserOnly], 'src/lib is pure') },
  },
  {
    // what WeChat has not got stays in src/platform
    files: ['src/pages/**', 'src/pkg-*/**', 'src/ui/**', 'src/stores/**'],
    rules: { 'no-restricted-globals': forbid(['wx', ...browserOnly], 'put it behind #platform') },
  },
  {
    // the component library is reached through src/ui only, so that changing it is one folder's work
    files: ['src/pages/**', 'src/pkg-*/**'],
    rules: { 'vue/no-restricted-syntax': ['error', shortAlias, { selector: 'VElement[name=/^t-/]', message: 'use a component of src/ui' }] },
  },
);
