/** The tree of organisations, as far as a form has to know it. */
import type { Org } from '@/api/people';

/** Whom a host can hold an event with: those neither above it nor below it, for the one has it anyway and the other contains it. */
export function outside(orgs: readonly Org[], hostId: string): Org[] {
  const parents = new Map(orgs.map((org) => [org.id, org.parentId]));
  const above = (id: string): Set<string> => {
    const line = new Set<string>();
    for (let here: string | null | undefined = id; here && !line.has(here); here = parents.get(here)) line.add(here);
    return line;
  };
  const own = above(hostId);
  return orgs.filter((org) => !own.has(org.id) && !above(org.id).has(hostId));
}
