/** Moving between pages and the short words shown on the way. */
import { readScan } from '@/lib/codes';

const TABS = ['/pages/home/home', '/pages/events/events', '/pages/messages/messages', '/pages/me/me'];
/** WeChat opens ten pages on top of each other and then does nothing at all on a tap; at that depth a page takes the last one's place. */
const DEEPEST = 10;

export function go(url: string): void {
  if (TABS.includes(url)) void uni.switchTab({ url });
  else if (getCurrentPages().length < DEEPEST) void uni.navigateTo({ url });
  else void uni.redirectTo({ url });
}

/** One page back, or home when this page was the first (opened from a code or a message). */
export function back(): void {
  if (getCurrentPages().length > 1) void uni.navigateBack();
  else go('/pages/home/home');
}

export const replace = (url: string): void => { void uni.redirectTo({ url }); };
export const say = (title: string): void => { void uni.showToast({ title, icon: 'none', duration: 2500 }); };

export const toEvent = (id: string): void => { go(`/pages/event/event?id=${id}`); };
export const toCheckin = (code: string, eventId = ''): void => {
  go(`/pages/checkin/checkin?code=${encodeURIComponent(code)}${eventId ? `&event=${eventId}` : ''}`);
};
/** Goes where a scanned text leads; `here` is the event on the screen, whose own printed code leads nowhere new. */
export function openScan(text: string, here = ''): void {
  if (!text) return;
  const seen = readScan(text);
  if (seen.kind === 'code') toCheckin(seen.code);
  else if (seen.kind === 'invitation') toBinding('ask', seen.code);
  else if (seen.kind === 'event' && seen.id !== here) toEvent(seen.id);
  else say('签到请扫会场大屏幕上的二维码');
}
/** The pages for checking in by personal code: at the door, and without signal. */
export const toStation = (page: 'scan' | 'station', id = ''): void => {
  go(`/pkg-station/pages/${page}/${page}${id ? `?id=${id}` : ''}`);
};
/** Being bound: asking for it with a code, inviting people to it, deciding on it, and how one member is bound. */
export const toBinding = (page: 'ask' | 'invite' | 'approvals' | 'member', about = ''): void => { go(bindingPage(page, about)); };
export const bindingPage = (page: 'ask' | 'invite' | 'approvals' | 'member', about = ''): string =>
  `/pkg-binding/pages/${page}/${page}${about ? `?${page === 'ask' ? 'code' : 'id'}=${about}` : ''}`;
/** How a branch is reminded, and how it stands with its month. */
export const toMonth = (orgId: string, month: string): void => { go(`/pkg-secretary/pages/month/month?org=${orgId}&month=${month}`); };
/** How one reminder went, person by person. */
export const toDeliveries = (id: string, reminderId: string): void => { go(`/pkg-secretary/pages/deliveries/deliveries?id=${id}&reminder=${reminderId}`); };
/** How many messages the people of an organisation get. */
export const toLoad = (orgId: string): void => { go(`/pkg-committee/pages/load/load?id=${orgId}`); };
/** The people of an organisation: its list, one person's card, and what is done with either. */
export const toMembers = (page: 'members' | 'member' | 'edit' | 'transfer' | 'transfers', query: { org?: string; id?: string } = {}): void => {
  const tail = Object.entries(query).map(([name, value]) => `${name}=${value}`).join('&');
  go(`/pkg-members/pages/${page}/${page}${tail ? `?${tail}` : ''}`);
};
export const toSecretary = (page: 'edit' | 'code' | 'attendance' | 'reminders' | 'requests' | 'settlement', id = ''): void => {
  go(`/pkg-secretary/pages/${page}/${page}${id ? `?id=${id}` : ''}`);
};
