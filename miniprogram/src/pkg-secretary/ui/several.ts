import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import { api } from '@/api';
import type { Attendance, AttendanceStatus } from '@/api/checkins';
import type { Marks } from '@/api/roll';
import { newKey } from '@/lib/keys';
import { STATUSES, wordOf } from '@/lib/words';
import { useAction } from '@/ui/load';

export interface Several {
  on: Ref<boolean>;
  picked: ShallowRef<ReadonlySet<string>>;
  busy: Ref<boolean>;
  failure: Ref<string>;
  /** The last act, as long as it can be undone. */
  last: ShallowRef<Marks | null>;
  /** Everybody of the present filter is ticked. */
  all: ComputedRef<boolean>;
  toggle: (memberId: string) => void;
  toggleAll: () => void;
  stop: () => void;
  mark: (status: AttendanceStatus, reason: string) => Promise<void>;
  undo: () => Promise<void>;
}

/** Ticking several people of the list and marking them at once, with the way back. `told` gets what happened in words. */
export function useSeveral(eventId: Ref<string>, hits: ComputedRef<Attendance[]>, refresh: () => Promise<void>, told: (words: string) => void): Several {
  const on = ref(false);
  const picked = shallowRef<ReadonlySet<string>>(new Set<string>());
  const last = shallowRef<Marks | null>(null);
  const failure = ref('');
  const { busy, run } = useAction((words) => { failure.value = words; told(words); });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const all = computed(() => hits.value.length > 0 && hits.value.every(({ memberId }) => picked.value.has(memberId)));

  function toggle(memberId: string): void {
    const next = new Set(picked.value);
    if (!next.delete(memberId)) next.add(memberId);
    picked.value = next;
  }
  function toggleAll(): void {
    picked.value = new Set(all.value ? [] : hits.value.map(({ memberId }) => memberId));
  }
  function stop(): void {
    on.value = false;
    picked.value = new Set<string>();
    failure.value = '';
  }
  function keep(marks: Marks): void {
    clearTimeout(timer);
    last.value = marks;
    timer = setTimeout(() => { last.value = null; }, Math.max(0, Date.parse(marks.undoUntil) - Date.now()));
  }
  const mark = (status: AttendanceStatus, reason: string): Promise<void> => run(async () => {
    failure.value = '';
    const marks = await api.roll.several(eventId.value, newKey(), [...picked.value], status, reason);
    stop();
    const changed = marks.items.filter((item) => item.changed).length;
    if (changed) keep(marks);
    told(changed ? `${changed} 人：${wordOf(STATUSES, status).text}` : '这些人本来就是这样记的');
    await refresh();
  });
  const undo = (): Promise<void> => run(async () => {
    const batch = last.value;
    if (!batch) return;
    const { items } = await api.roll.undo(eventId.value, batch.batchId);
    last.value = null;
    const kept = items.filter((item) => !item.changed).map((item) => item.attendance.memberName);
    told(kept.length ? `已撤销；${kept.slice(0, 3).join('、')}${kept.length > 3 ? '等' : ''}后来又改过，没有动` : '已全部撤销');
    await refresh();
  });
  return { on, picked, busy, failure, last, all, toggle, toggleAll, stop, mark, undo };
}
