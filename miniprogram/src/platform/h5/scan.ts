/** Scanning in a browser: the camera where there is one, a picture, or the text itself. */
import { button, element, openSheet } from './sheet';

const FRAME_MS = 250;

/** Shows the camera in `video` and calls `found` with the first code; returns how to stop. Silent where there is no camera. */
function watchCamera(video: HTMLVideoElement, found: (text: string) => void): () => void {
  let stopped = false;
  let stream: MediaStream | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
    stream?.getTracks().forEach((track) => { track.stop(); });
  };
  const start = async (): Promise<void> => {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    if (stopped) { stop(); return; }
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    const { decode } = await import('./decode');
    timer = setInterval(() => {
      const text = decode(video, video.videoWidth, video.videoHeight);
      if (text) found(text);
    }, FRAME_MS);
  };
  start().catch(() => { video.hidden = true; });
  return stop;
}

export function scan(): Promise<string> {
  return new Promise((resolve) => {
    let stop = (): void => { /* until the camera runs */ };
    const finish = (text: string): void => { stop(); sheet.close(); resolve(text); };
    const sheet = openSheet('scan-sheet', () => { stop(); resolve(''); });
    const video = element('video', 'wx-video', '', { playsinline: '', muted: '', hidden: '' }) as HTMLVideoElement;
    const error = element('div', 'wx-error');
    const file = element('input', '', '', { type: 'file', accept: 'image/*', hidden: '', 'data-testid': 'scan-file' }) as HTMLInputElement;
    const paste = element('input', 'wx-paste', '', { placeholder: '或者把签到码的内容粘贴到这里', 'data-testid': 'scan-paste' }) as HTMLInputElement;
    file.addEventListener('change', () => {
      const picture = file.files?.[0];
      if (!picture) return;
      void import('./decode').then(({ decodeFile }) => decodeFile(picture)).catch(() => '').then((text) => {
        if (text) finish(text); else error.textContent = '这张图片里没有找到二维码，请换一张';
      });
    });
    const submit = (): void => { if (paste.value.trim()) finish(paste.value.trim()); else error.textContent = '请先粘贴内容'; };
    paste.addEventListener('keydown', (event) => { if (event.key === 'Enter') submit(); });
    const buttons = element('div', 'wx-buttons');
    buttons.append(button('取消', '', 'scan-cancel', () => { finish(''); }), button('确定', 'wx-yes', 'scan-submit', submit));
    sheet.panel.append(
      element('div', 'wx-title', '扫码签到'), element('div', 'wx-note', '在微信里会直接打开相机。浏览器里可以用摄像头、选一张二维码图片，或粘贴内容。'),
      video, button('选择二维码图片', 'wx-wide', 'scan-picture', () => { file.click(); }), file, paste, error, buttons,
    );
    stop = watchCamera(video, finish);
  });
}
