// Builds src/styles/t-icon.css: a subset of TDesign's icon font, embedded, so that the client asks no foreign host for glyphs.
// Its drawing tools are needed once per new icon and are therefore not dependencies of the client. In any folder outside it:
//   npm i tdesign-icons-vue-next@0.2.2 svgpath svg2ttf ttf2woff
//   node make-icons.mjs <client>/node_modules/@tdesign/uniapp/dist/icon/icon.css node_modules/tdesign-icons-vue-next/esm/components <client>/src/styles/t-icon.css name...
// 0.2.2 is the last release whose paths are filled shapes; later ones are strokes, which a font cannot hold.
import fs from 'node:fs';
import svgpath from 'svgpath';
import svg2ttf from 'svg2ttf';
import ttf2woff from 'ttf2woff';

const [, , cssFile, pathsDir, outFile, ...names] = process.argv;
const css = fs.readFileSync(cssFile, 'utf8');

function glyph(name) {
  const code = css.match(new RegExp(`\\.t-icon-${name}:before\\s*\\{\\s*content:\\s*['"]\\\\([0-9a-fA-F]+)`))?.[1];
  if (!code) throw new Error(`no code point: ${name}`);
  const source = fs.readFileSync(`${pathsDir}/${name}.js`, 'utf8');
  const paths = [...source.matchAll(/"d": "([^"]+)"/g)].map((match) => match[1]);
  if (!paths.length) throw new Error(`no path: ${name}`);
  const outline = paths.map((path) => svgpath(path).abs().scale(1000 / 24, -1000 / 24).translate(0, 850).round(0).toString()).join(' ');
  return {
    shape: `<glyph glyph-name="${name}" unicode="&#x${code};" horiz-adv-x="1000" d="${outline}"/>`,
    rule: `.t-icon-${name}:before{content:'\\${code}'}`,
  };
}

const glyphs = names.map(glyph);
const svg = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><defs><font id="t" horiz-adv-x="1000">`
  + `<font-face font-family="t" units-per-em="1000" ascent="850" descent="-150"/><missing-glyph horiz-adv-x="1000"/>`
  + `${glyphs.map((item) => item.shape).join('')}</font></defs></svg>`;
const woff = Buffer.from(ttf2woff(Buffer.from(svg2ttf(svg, { ts: 0 }).buffer))).toString('base64');

// everything of TDesign's sheet up to the first glyph rule is layout and stays
const start = css.indexOf('.t-icon--image');
const base = css.slice(start, css.lastIndexOf('}', css.indexOf(':before')) + 1).replace(/\/\*[^]*?\*\//g, '');
const face = `@font-face{font-family:t;font-weight:normal;font-style:normal;src:url('data:font/woff;charset=utf-8;base64,${woff}') format('woff')}`;
fs.writeFileSync(outFile, `${face}\n${base}\n${glyphs.map((item) => item.rule).join('')}\n`);
