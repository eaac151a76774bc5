/** The text with the full-width letters, digits and marks of a Chinese keyboard as the ASCII ones they stand for. */
export const halfWidth = (text: string): string =>
  text.replace(/[！-～]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0)).replace(/\u3000/g, ' ');
