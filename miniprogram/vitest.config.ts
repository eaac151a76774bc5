import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

// uni-app's own elements stay elements; TDesign's components are looked at by eye, not by these tests
const native = ['view', 'text', 'image', 'button', 'input', 'textarea', 'scroll-view'];

export default defineConfig({
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => native.includes(tag) || tag.startsWith('t-') }, transformAssetUrls: false } })],
  resolve: {
    alias: [
      { find: '#platform', replacement: new URL('./test/fakes/platform.ts', import.meta.url).pathname },
      { find: /^@\//, replacement: new URL('./src/', import.meta.url).pathname },
    ],
  },
  test: { environment: 'happy-dom', include: ['test/**/*.spec.ts'], exclude: ['test/mp/**', 'test/e2e/**', 'node_modules/**'] },
});
