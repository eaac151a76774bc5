/** The form of an organisation. Pure; the page holds the text, these hold the sense. */
import type { OrgDetail, OrgFacts } from '@/api/orgs';
import type { OrgKind } from '@/api/people';

/** As it is typed; `kind` is '' until one is chosen, and stays as it is afterwards. */
export type OrgForm = OrgFacts & { kind: OrgKind | '' };

export const blank = (kinds: readonly OrgKind[]): OrgForm =>
  ({ kind: kinds.length === 1 ? kinds[0] ?? '' : '', name: '', themeDay: 10, address: '', termStart: '', termYears: 0, electionDue: '' });

/** The day of the election only when it was set by hand: else it follows the term. */
export const formOf = ({ kind, name, themeDay, address, termStart, termYears, electionDue, electionSet }: OrgDetail): OrgForm =>
  ({ kind, name, themeDay, address, termStart, termYears, electionDue: electionSet ? electionDue : '' });

export function errorsOf(form: OrgForm): Record<string, string> {
  const errors: Record<string, string> = {};
  if (!form.kind) errors.kind = '请选择类型';
  if (form.name.trim().length < 2) errors.name = '名称至少两个字';
  if (form.termStart && form.electionDue && form.electionDue <= form.termStart) errors.electionDue = '换届日期要晚于任期开始';
  return errors;
}

/** What somebody else has written meanwhile, with what I have changed over it. */
export function rebase(seen: OrgForm, mine: OrgForm, theirs: OrgForm): OrgForm {
  const own = (Object.keys(mine) as (keyof OrgForm)[]).filter((field) => mine[field] !== seen[field]);
  return { ...theirs, ...Object.fromEntries(own.map((field) => [field, mine[field]])) };
}

/** When the term leads to an election, 2029-06-18; '' when it is not known. */
export function termEnd(start: string, years: number): string {
  const [year = 0, month = 0, day = 0] = start.split('-').map(Number);
  if (!start || !years) return '';
  return new Date(Date.UTC(year + years, month - 1, day)).toISOString().slice(0, 10);
}
