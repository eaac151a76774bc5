import qrcode from 'qrcode-generator';

/** A QR code as a GIF data image: no canvas, so it is the same in WeChat and in a browser and stays sharp on a projector. */
export function qrImage(text: string): string {
  const code = qrcode(0, 'M');
  code.addData(text, 'Byte');
  code.make();
  return code.createDataURL(12, 24);
}
