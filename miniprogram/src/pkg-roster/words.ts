import type { Decision, RosterBranch, RosterImport, RosterRow, Verdict } from '@/api/rosters';

export const VERDICTS: { value: Verdict; label: string; none: string }[] = [
  { value: 'doubtful', label: '存疑', none: '没有存疑的人' },
  { value: 'new', label: '新增', none: '没有新增的人' },
  { value: 'changed', label: '有变', none: '没有信息变动的人' },
  { value: 'refused', label: '不导入', none: '每一行都能导入' },
  { value: 'unchanged', label: '不变', none: '没有与花名册一致的人' },
];

/** What the person can say about a row; without a member to compare with there is only one way to take it in. */
export function choiceText(choice: Decision, row: RosterRow): string {
  if (choice === 'take') return '就是这个人';
  if (choice === 'skip' && row.verdict !== 'doubtful') return row.decision === 'skip' ? '不导入，点这里恢复' : '不导入这一行';
  if (choice === 'skip') return '先不导入';
  return row.known ? '是另一个人' : '照样导入';
}

/** What the person can choose about a row: of one that is not doubtful only whether it is taken in. */
export function choicesOf({ choices, verdict }: RosterRow): Decision[] {
  if (verdict === 'new' || verdict === 'changed') return ['skip'];
  return choices as Decision[];
}

/** What becomes of the people of a branch that is not known. */
export function fateText({ decision, orgName, newName }: RosterBranch): string {
  if (decision === 'create') return `写入时新建“${newName}”`;
  return decision === 'map' ? `归到“${orgName}”` : '没有定：这些人不导入';
}

/** Where a row stands in the file: the sheet, the line, the cell. */
export const placeText = ({ sheet, line, cell }: RosterRow): string => [sheet, `第 ${line} 行`, cell].filter(Boolean).join(' · ');

/** What the sheets' own totals say against what was read; '' where they agree or say nothing. */
export function totalText({ summary }: RosterImport): string {
  const off = summary.sheets.filter(({ people, total }) => total > 0 && total !== people);
  return off.map(({ name, people, total }) => `${name || '表中'}合计写 ${total} 人，读到 ${people} 人`).join('；');
}

/** How far the reading of a file is: it is read twice, and only the second time it is known how much there is. */
export const readingText = ({ read, rows }: RosterImport): string => {
  if (rows > 0) return `正在核对 ${read} / ${rows} 人`;
  return read > 0 ? `已读 ${read} 人` : '正在读取…';
};

/** The share of the work that is done: the first reading is taken for a third of it, while that is not known. */
export const readingShare = ({ read, rows }: RosterImport): string => `${rows > 0 ? Math.round(34 + (read / rows) * 66) : Math.round((read / (read + 5000)) * 33)}%`;

/** What a preview that waits is about. */
export const waitingText = ({ fileName, counts }: RosterImport): string => [fileName, counts.undecided ? `存疑 ${counts.undecided} 条没有定` : `可写入 ${counts.writes} 人`].join(' · ');
