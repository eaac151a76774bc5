import type { Http } from './client';
import { contract, type Schemas } from './contract';

export type Message = Schemas['MessageView'];
export type Inbox = Schemas['MessagesOutputBody'];

export function createMessagesApi(http: Http) {
  const call = contract(http);
  return {
    list: (after = '') => call.get('/api/v1/messages', { query: { after, limit: 30 } }),
    read: (ids: string[]) => call.post('/api/v1/messages/read', {}, { ids }),
    readAll: () => call.post('/api/v1/messages/read', {}, { all: true }),
  };
}
