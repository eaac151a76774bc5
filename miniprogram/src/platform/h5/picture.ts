/** A file of the computer or the phone's camera, drawn anew and smaller: what is sent is the picture and nothing else. */
import { PICTURE_EDGE } from '../shared';
import type { Picked } from '../types';

const QUALITY = 0.8;

function chosenFile(): Promise<File | undefined> {
  return new Promise((resolve) => {
    const input = Object.assign(document.createElement('input'), { type: 'file', accept: 'image/jpeg,image/png,image/webp' });
    input.onchange = () => { resolve(input.files?.[0]); };
    input.addEventListener('cancel', () => { resolve(undefined); });
    input.click();
  });
}

export async function pickPicture(): Promise<Picked | undefined> {
  const file = await chosenFile();
  if (!file) return undefined;
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, PICTURE_EDGE / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement('canvas'), { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => { canvas.toBlob(resolve, 'image/jpeg', QUALITY); });
  return blob ? { bytes: await blob.arrayBuffer(), src: URL.createObjectURL(blob) } : undefined;
}
