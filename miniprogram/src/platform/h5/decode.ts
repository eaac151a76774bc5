import jsQR from 'jsqr';

/** Longest edge that is looked at; larger pictures cost seconds and gain nothing. */
const EDGE = 1200;

/** Reads a QR code out of a picture or a video frame; '' when there is none. */
export function decode(source: CanvasImageSource, width: number, height: number): string {
  const scale = Math.min(1, EDGE / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context || !canvas.width || !canvas.height) return '';
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  return jsQR(pixels.data, pixels.width, pixels.height)?.data ?? '';
}

export async function decodeFile(file: Blob): Promise<string> {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    return decode(image, image.naturalWidth, image.naturalHeight);
  } finally {
    URL.revokeObjectURL(image.src);
  }
}
