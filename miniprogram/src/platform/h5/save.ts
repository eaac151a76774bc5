/** Keeping a text or a picture as a file, as browsers do. */

function keep(name: string, url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}

/** With the mark by which Excel knows UTF-8, which reading the answer has taken off. */
export function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([`\ufeff${text.replace(/^\ufeff/, '')}`], { type: 'text/csv;charset=utf-8' }));
  keep(name, url);
  setTimeout(() => { URL.revokeObjectURL(url); }, 1000);
}

/** Fetches a file and keeps it; rejects when it is not to be had. */
export async function saveFile(name: string, url: string, header: Record<string, string>): Promise<void> {
  const answer = await fetch(url, { headers: header });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const held = URL.createObjectURL(await answer.blob());
  keep(name, held);
  setTimeout(() => { URL.revokeObjectURL(held); }, 1000);
}

const SIDE = 1200;
const CODE = 960;

/** Draws the code with the site's name under it and keeps it as a PNG. The browser has a Chinese font; a server may not. */
export async function savePlate(name: string, picture: string): Promise<void> {
  const image = new Image();
  image.src = picture;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE + 160;
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('no canvas');
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(image, (SIDE - CODE) / 2, 80, CODE, CODE);
  pen.fillStyle = '#2a211c';
  pen.textAlign = 'center';
  pen.font = '700 72px "Noto Serif CJK SC", "Songti SC", serif';
  pen.fillText(name, SIDE / 2, 1150, SIDE - 120);
  pen.font = '40px "Noto Sans CJK SC", "PingFang SC", sans-serif';
  pen.fillText('微信“扫一扫”签到', SIDE / 2, 1240);
  keep(`场馆码-${name}.png`, canvas.toDataURL('image/png'));
}
