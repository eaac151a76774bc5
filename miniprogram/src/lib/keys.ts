/** A fresh idempotency key (at most 64 characters): the same key sent twice gives the same answer and happens once. */
export function newKey(): string {
  const random = (): string => Math.random().toString(36).slice(2, 12);
  return `${Date.now().toString(36)}-${random()}${random()}`;
}
