import { api } from '@/api';
import type { Me, Role } from '@/api/people';

/** One of several organisations that a page can be about. */
export interface OrgChoice { orgId: string; orgName: string }

/** Where I hold one of these roles, each once; before them the organisation `asked` for where it is another, below one of them. */
export async function orgChoices(me: Me | null, roles: Role[], asked: string): Promise<OrgChoice[]> {
  const held = (me?.roles ?? []).filter(({ role }) => roles.includes(role));
  const own = held.filter(({ orgId }, index) => held.findIndex((other) => other.orgId === orgId) === index);
  if (!asked || !own.length || own.some(({ orgId }) => orgId === asked)) return own;
  const { id, name } = await api.orgs.get(asked);
  return [{ orgId: id, orgName: name }, ...own];
}
