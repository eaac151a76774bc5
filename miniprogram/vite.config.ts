import { readFileSync, writeFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';
import uniPlugin from '@dcloudio/vite-plugin-uni';
// the plugin is CommonJS; under "type": "module" the default import is wrapped
const uni = ((uniPlugin as unknown as { default?: typeof uniPlugin }).default ?? uniPlugin) as typeof uniPlugin;
/** uni-h5's stylesheet preloads a nav-bar shadow picture from a CDN three seconds after start; this client asks nobody but its own server. */
const noCdn = (): Plugin => ({
  name: 'no-cdn', enforce: 'post',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === 'asset' && file.fileName.endsWith('.css')) file.source = String(file.source).replace(/url\(["']?https?:\/\/cdn\.dcloud\.net\.cn[^)]*\)/g, 'none');
    }
  },
});
const target = process.env.UNI_PLATFORM === 'mp-weixin' ? 'mp-weixin' : 'h5';
/** TDesign's icon.css pulls a font from a CDN and lists 2,300 glyphs; ours has only the icons we use, embedded. */
const localIcons = (): Plugin => ({
  name: 'local-icons', enforce: 'pre',
  transform(_code, id) {
    if (!id.includes('/@tdesign/uniapp/dist/icon/icon.css')) return null;
    return { code: readFileSync(new URL('./src/styles/t-icon.css', import.meta.url), 'utf8'), map: null };
  },
});
/** Whose mini-program it is, is said by the environment (THEMEDAY_WECHAT_APP_ID, as for the server) and never kept in the repository. */
const appId = (): Plugin => ({
  name: 'app-id', enforce: 'post',
  writeBundle({ dir }) {
    const id = process.env.THEMEDAY_WECHAT_APP_ID;
    if (target !== 'mp-weixin' || !id || !dir) return;
    const file = `${dir}/project.config.json`;
    const project = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...project, appid: id }, null, 2));
  },
});
export default defineConfig({
  plugins: [localIcons(), uni(), noCdn(), appId()],
  resolve: { alias: { '#platform': new URL(`./src/platform/${target}.ts`, import.meta.url).pathname } },
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': { target: 'http://127.0.0.1:8080', ws: true }, '/__sim': 'http://127.0.0.1:8080' } },
  build: { sourcemap: false },
});
