/** The people of the demonstration, by what they are, and their way into the interface without a browser. */
import type { Attendance, EventCode } from '@/api/checkins';
import type { EventInput, EventItem } from '@/api/events';
import type { Template } from '@/api/reminders';

export interface Someone { id: string; name: string; roles: string[]; org: string; bound: boolean; follows?: boolean }
export interface Branch { secretary: Someone; organiser: Someone; members: Someone[]; unbound: Someone[] }
export interface Sent { id: string; templateId: string; title: string; lines: { label: string; value: string }[]; at: string }

async function answerOf<T>(request: Promise<Response>): Promise<T> {
  const answer = await request;
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${text}`);
  return (text ? JSON.parse(text) : undefined) as T;
}

const posted = (body: unknown, headers: Record<string, string> = {}): RequestInit =>
  ({ method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

/** The simulated platform: who there is, what their phones show, what time it is. */
export class Sim {
  constructor(private readonly url: string) {}

  async people(): Promise<Someone[]> { return (await answerOf<{ items: Someone[] }>(fetch(`${this.url}/__sim/people`))).items; }

  /** The branches that have a secretary of their own, in the roster's order; their members are without offices. */
  async branches(): Promise<Branch[]> {
    const byOrg: Record<string, Someone[]> = {};
    for (const one of await this.people()) (byOrg[one.org] ??= []).push(one);
    return Object.values(byOrg).flatMap((all) => {
      const [secretary, organiser] = [all.find((one) => one.roles.includes('secretary')), all.find((one) => one.roles.includes('organiser'))];
      const plain = all.filter((one) => one.roles.join() === 'member');
      return secretary && organiser && plain.length ? [{ secretary, organiser, members: plain.filter((one) => one.bound), unbound: plain.filter((one) => !one.bound) }] : [];
    });
  }

  async resident(): Promise<Someone> {
    const hit = (await this.people()).find((one) => one.roles.includes('resident'));
    if (!hit) throw new Error('the demonstration has no residents');
    return hit;
  }

  async messages(person: string): Promise<Sent[]> {
    return (await answerOf<{ items: Sent[] }>(fetch(`${this.url}/__sim/messages?person=${person}`))).items;
  }

  async advance(by: string): Promise<void> { await answerOf(fetch(`${this.url}/__sim/clock`, posted({ advance: by }))); }
  async setClock(now: Date): Promise<void> { await answerOf(fetch(`${this.url}/__sim/clock`, posted({ now: now.toISOString() }))); }

  /** Logs a person in, beside whatever their browser does. */
  async actor(person: string): Promise<Actor> {
    const { code } = await answerOf<{ code: string }>(fetch(`${this.url}/__sim/login-codes`, posted({ person })));
    const { token } = await answerOf<{ token: string }>(fetch(`${this.url}/api/v1/session`, posted({ code })));
    return new Actor(this.url, token);
  }
}

const MINUTE = 60_000;

export class Actor {
  constructor(private readonly url: string, readonly token: string) {}

  private get headers(): Record<string, string> { return { authorization: `Bearer ${this.token}` }; }
  get<T>(path: string): Promise<T> { return answerOf(fetch(`${this.url}/api/v1${path}`, { headers: this.headers })); }
  put<T>(path: string, body: unknown): Promise<T> { return answerOf(fetch(`${this.url}/api/v1${path}`, { ...posted(body, this.headers), method: 'PUT' })); }
  post<T>(path: string, body: unknown = {}): Promise<T> { return answerOf(fetch(`${this.url}/api/v1${path}`, posted(body, this.headers))); }
  /** Sends a body that is not JSON. */
  send<T>(path: string, body: string): Promise<T> { return answerOf(fetch(`${this.url}/api/v1${path}`, { method: 'POST', headers: this.headers, body })); }
  /** Ends the session of a token: what it opened before answers 401 from now on. */
  async revoke(token: string): Promise<void> {
    await answerOf(fetch(`${this.url}/api/v1/session`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }));
  }

  /** Publishes a meeting of this person's own org that began five minutes ago and whose check-in is open. */
  async meeting(title: string, more: Partial<EventInput> = {}): Promise<EventItem> {
    const { runs } = await this.get<{ runs: { id: string }[] }>('/me');
    const draft = await this.post<EventItem>('/events', {
      kind: 'theme_day', title, hostOrgId: runs[0]?.id, guestOrgIds: [], place: { name: '村党群服务中心二楼' },
      startsAt: new Date(Date.now() - 5 * MINUTE).toISOString(), endsAt: new Date(Date.now() + 115 * MINUTE).toISOString(), ...more,
    });
    return this.post<EventItem>(`/events/${draft.id}/publish`);
  }

  code(eventId: string): Promise<EventCode> { return this.get(`/events/${eventId}/code`); }
  async attendance(eventId: string): Promise<Attendance[]> { return (await this.get<{ items: Attendance[] }>(`/events/${eventId}/attendance?limit=500`)).items; }
  async templates(): Promise<Template[]> { return (await this.get<{ items: Template[] }>('/message-templates')).items; }
  async events(query: string): Promise<EventItem[]> { return (await this.get<{ items: EventItem[] }>(`/events?${query}`)).items; }
}
