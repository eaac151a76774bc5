import type { Choice } from '@/api/bindings';
import { halfWidth } from './halfwidth';
import type { Word } from './words';

/** What a code is made of: no 0 and O, no 1 and I. */
const CODE = /^[A-HJ-NP-Z2-9]{8}$/;
const LENGTH = 8;

/** The eight characters of an invitation in any usual spelling, or of the address of its QR code; '' if it is none. */
export function inviteCode(text: string): string {
  const last = (halfWidth(text).trim().split(/[?#]/)[0] ?? '').split('/').pop() ?? '';
  const code = last.replace(/[\s-]/g, '').toUpperCase();
  const bare = code.length === LENGTH + 1 && code.startsWith('I') ? code.slice(1) : code;
  return CODE.test(bare) ? bare : '';
}

/** Whether a scanned text is an invitation: its own address, or what a mini-program code of it says. */
export const isInvitation = (text: string): boolean => /(^|\/c\/)i[A-Za-z2-9]{8}([?#]|$)/.test(text.trim()) && inviteCode(text) !== '';

/** ABCD2345 as ABCD 2345, which is how people read it out. */
export const inviteText = (code: string): string => `${code.slice(0, 4)} ${code.slice(4)}`;

/** What a secretary sends on, by WeChat or by text message. */
export function shareText(orgName: string, code: string, url: string, until: string): string {
  return `${orgName}请您绑定党员身份：打开“主题党日”小程序，在“我的”里点“有邀请码”，填 ${inviteText(code)} 和您的姓名。也可以点开 ${url} 。${until}前有效。`;
}

export const INVITE_STATES: Record<string, Word> = {
  open: { text: '可以用', tone: 'green' }, used: { text: '已用完', tone: 'grey' }, expired: { text: '已过期', tone: 'grey' }, revoked: { text: '已停用', tone: 'grey' },
};
export const BINDING_STATES: Record<string, Word> = {
  pending: { text: '待确认', tone: 'amber' }, approved: { text: '已同意', tone: 'green' }, declined: { text: '没有同意', tone: 'red' }, withdrawn: { text: '已撤回', tone: 'grey' },
};
export const BINDING_ACTS: Record<string, string> = {
  phone: '用手机号绑定', invitation: '用专用邀请码绑定', approval: '书记确认后绑定', replaced: '换绑，原微信解除', left: '本人解除绑定', released: '书记解除绑定',
};
export const DECLINE_IDEAS = ['名册里没有这个人', '请当面核对后再申请', '姓名写错了，请重新填'];
export const RELEASE_IDEAS = ['绑错人了', '手机丢失', '本人要求'];

/** What choosing this person means. */
export function choiceNote(choice: Choice, all: Choice[]): string {
  if (choice.taken) return '已绑定另一个微信，选这位要书记确认换绑';
  return all.filter(({ taken }) => !taken).length === 1 ? '选这位，马上绑定' : '选这位，要书记确认';
}
