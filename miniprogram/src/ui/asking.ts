/** Asking WeChat for messages at one moment: what is allowed, what a tap would ask for, and what it adds without a question. */
import { computed, ref, shallowRef } from 'vue';
import { platform } from '#platform';
import { api } from '@/api';
import type { GrantAnswer, Template } from '@/api/reminders';
import { alongAt, askedAt, askingAt, leftAt, quietAt, relevant, UNSETTLED, type Moment } from '@/lib/asking';
import { newKey } from '@/lib/keys';

type Answers = Record<string, GrantAnswer>;

export function useAsking(moment: () => Moment) {
  const templates = shallowRef<Template[]>([]);
  const settled = ref(UNSETTLED);
  const request = (wanted: Template[]): Promise<Answers> => platform.askSubscribe(wanted.map(({ id, title }) => ({ id, title })));
  const look = async (): Promise<void> => { settled.value = await platform.subscriptions(); };
  const report = async (results: Answers): Promise<void> => { templates.value = (await api.reminders.grant(newKey(), results)).items; };

  const quietly = (wanted: Template[]): void => {
    if (wanted.length) request(wanted).then(report).catch(() => { /* the next tap adds it */ });
  };

  return {
    any: computed(() => relevant(moment(), templates.value).length > 0),
    how: computed(() => askingAt(moment(), templates.value, settled.value)),
    left: computed(() => leftAt(moment(), templates.value)),
    report, look,
    /** A failure leaves nothing to offer. */
    load: async (): Promise<void> => {
      try {
        const [known] = await Promise.all([api.reminders.templates(), look()]);
        templates.value = known.items;
      } catch { /* nothing to offer now */ }
    },
    /** Must be the first thing that a tap does: WeChat shows its dialog only then. */
    ask: (): Promise<Answers> => request(askedAt(moment(), templates.value)),
    /** For a tap on something else, and the first thing that it does: adds what WeChat allows without a dialog. */
    topUp: (): void => { quietly(quietAt(moment(), templates.value, settled.value)); },
    /** For the tap that sends what will be answered, and the first thing that it does: asks unless messages are left. */
    askAlong: (): void => { quietly(alongAt(moment(), templates.value, settled.value)); },
  };
}
