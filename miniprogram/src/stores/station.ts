import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { platform } from '#platform';
import { api, readToken } from '@/api';
import { ApiError } from '@/api/client';
import type { EventItem } from '@/api/events';
import { clockOffset } from '@/lib/countdown';
import { held, inputOf, judged, ofState, trimmed, type Held, type PackNote } from '@/lib/station';

const LIST = 'station.kept';
const PACKS = 'station.packs';
/** The key goes with the login, the sealed roster with the phone: neither is of use without the other. */
const keyName = (id: string): string => `station.key.${id}`;
const sealedName = (id: string): string => `pack.${id}`;
const BATCH = 100;

/** A secretary's phone without signal: rosters taken along, and the check-ins made with them. */
export const useStation = defineStore('station', () => {
  const list = shallowRef<Held[]>(platform.secrets.get<Held[]>(LIST) ?? []);
  const packs = shallowRef<PackNote[]>(platform.secrets.get<PackNote[]>(PACKS) ?? []);
  const waiting = computed<number>(() => ofState(list.value, 'waiting').length);
  const questions = computed<number>(() => ofState(list.value, 'question').length);
  let sending = false;
  let asked = false;

  function keep(next: Held[]): void {
    list.value = trimmed(next);
    platform.secrets.set(LIST, list.value);
  }
  function keepPacks(next: PackNote[]): void {
    packs.value = next;
    platform.secrets.set(PACKS, next);
  }

  const packOf = (eventId: string): PackNote | undefined => packs.value.find((pack) => pack.eventId === eventId);

  /** Deletes rosters together with their keys. */
  function drop(which: (pack: PackNote) => boolean): void {
    for (const { id } of packs.value.filter(which)) {
      platform.secrets.remove(keyName(id));
      platform.storage.remove(sealedName(id));
    }
    keepPacks(packs.value.filter((pack) => !which(pack)));
  }
  /** Deletes what has expired; called whenever the client starts or a station opens. */
  const prune = (): void => { drop((pack) => Date.parse(pack.expiresAt) < Date.now() + pack.offset); };

  /** Takes the event's roster along, in place of an older one. */
  async function download(event: EventItem): Promise<void> {
    const sent = Date.now();
    const pack = await api.stations.pack(event.id, platform.kind === 'h5' ? '浏览器' : '微信');
    const offset = clockOffset(pack.serverTime, sent, Date.now());
    drop((old) => old.eventId === event.id);
    platform.storage.set(sealedName(pack.id), pack.sealed);
    platform.secrets.set(keyName(pack.id), pack.key);
    keepPacks([...packs.value, { id: pack.id, eventId: event.id, title: event.title, people: pack.people, expiresAt: pack.expiresAt, takenAt: pack.serverTime, offset }]);
  }
  /** Key and sealed roster, or null when one of them is gone. */
  function contentOf(eventId: string): { id: string; key: string; sealed: string } | null {
    const id = packOf(eventId)?.id ?? '';
    const [key, sealed] = [platform.secrets.get<string>(keyName(id)), platform.storage.get<string>(sealedName(id))];
    return key && sealed ? { id, key, sealed } : null;
  }

  /** Now by the server's clock, as measured when the roster was taken along. */
  const nowAt = (eventId: string): string => new Date(Date.now() + (packOf(eventId)?.offset ?? 0)).toISOString();

  function add(item: Held): void { keep(held(list.value, item)); }
  const lineOf = (eventId: string, memberId: string): Held | undefined => list.value.find((item) => item.eventId === eventId && item.memberId === memberId && item.state !== 'refused');
  const dismiss = (key: string): void => { keep(list.value.filter((item) => item.key !== key)); };

  /** Sends what waits. What cannot be sent now stays; nobody is told, because it is tried again. */
  async function flush(): Promise<void> {
    asked = true; // the signal may be back while a try without it has not given up yet
    if (sending) return;
    sending = true;
    while (asked && waiting.value && readToken()) {
      asked = false;
      await sendAll().catch(() => { /* no signal: it stays */ });
    }
    sending = false;
  }

  async function sendAll(): Promise<void> {
    for (const eventId of new Set(ofState(list.value, 'waiting').map((item) => item.eventId))) await send(eventId);
  }

  async function send(eventId: string): Promise<void> {
    const part = ofState(list.value, 'waiting').filter((item) => item.eventId === eventId).slice(0, BATCH);
    try {
      const { items } = await api.stations.send(eventId, part.map(inputOf));
      keep(judged(list.value, items));
      if (items.some((item) => item.question?.reason === 'event_closed')) drop((pack) => pack.eventId === eventId);
    } catch (problem) {
      // somebody who may not see the event any more: the others are still to be sent
      if (!(problem instanceof ApiError) || ![403, 404].includes(problem.status)) throw problem;
      const keys = new Set(part.map((item) => item.key));
      keep(list.value.map((item) => (keys.has(item.key) ? { ...item, state: 'refused', message: problem.message } : item)));
    }
  }

  /** Settles a question. When the record has changed in between, it is asked anew. */
  async function answer(item: Held, what: 'keep' | 'record'): Promise<void> {
    try {
      await api.stations.answer(item.eventId, inputOf(item), what, item.there?.revision ?? 0);
      keep(list.value.map((other) => (other.key === item.key ? { ...other, state: 'sent', message: what === 'record' ? '已登记' : '保留原记录', question: null } : other)));
    } catch (problem) {
      if (problem instanceof ApiError && problem.code === 'attendance_changed') await sendOne(item);
      throw problem;
    }
  }
  async function sendOne(item: Held): Promise<void> {
    const { items } = await api.stations.send(item.eventId, [inputOf(item)]);
    keep(judged(list.value, items));
  }

  /** Forgets everything: it belongs to the person who has just logged out. */
  function forget(): void {
    drop(() => true);
    keep([]);
  }
  return { list, packs, waiting, questions, packOf, contentOf, drop, prune, download, nowAt, add, lineOf, dismiss, flush, answer, forget };
});
