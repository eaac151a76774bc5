/** The client as pages use it: one object, one folder of calls per noun, wired to the platform it runs on. */
import { platform } from '#platform';
import { createAuditApi } from './audit';
import { createBindingsApi } from './bindings';
import { createCheckinsApi } from './checkins';
import { createClient } from './client';
import { createEventsApi } from './events';
import { createLive, type LiveState } from './live';
import { createMembersApi } from './members';
import { createMessagesApi } from './messages';
import { createMyDataApi } from './mydata';
import { createOrgsApi } from './orgs';
import { createPeopleApi, type Me } from './people';
import { createRemindersApi } from './reminders';
import { createRequestsApi } from './requests';
import { createRolesApi } from './roles';
import { createRollApi } from './roll';
import { createRostersApi } from './rosters';
import { createSettlementsApi } from './settlements';
import { createSitesApi } from './sites';
import { createStationsApi } from './stations';
import { createWorkApi } from './work';

const TOKEN = 'token';
let welcome: (me: Me) => void = () => { /* nobody listens yet */ };

export const readToken = (): string => platform.secrets.get<string>(TOKEN) ?? '';
export const forgetToken = (): void => { platform.secrets.remove(TOKEN); };
/** Tells who logged in, whenever a login happens on the way of another request. */
export const onLogin = (listener: (me: Me) => void): void => { welcome = listener; };

const http = createClient({
  baseUrl: platform.apiBase, transport: platform.transport, readToken,
  login: async () => {
    forgetToken();
    const answer = await people.login(await platform.login());
    platform.secrets.set(TOKEN, answer.token);
    welcome(answer.me);
  },
});

/** A picture that only some may see, as something an image can show. */
export const pictureOf = (path: string): Promise<string> => platform.fetchPicture(platform.apiBase + path, { authorization: `Bearer ${readToken()}` });

/** Gives the person a file that only some may have. */
export const saveFileOf = (name: string, path: string): Promise<void> => platform.saveFile(name, platform.apiBase + path, { authorization: `Bearer ${readToken()}` });

/** A login brings `me` with it: a first visit needs no second request to know who it is. */
export const { signIn } = http;

const people = createPeopleApi(http);
const checkins = createCheckinsApi(http);

export const api = {
  people, checkins, events: createEventsApi(http), reminders: createRemindersApi(http), messages: createMessagesApi(http), settlements: createSettlementsApi(http), sites: createSitesApi(http), stations: createStationsApi(http),
  requests: createRequestsApi(http), roll: createRollApi(http), rosters: createRostersApi(http), members: createMembersApi(http), work: createWorkApi(http), audit: createAuditApi(http), mydata: createMyDataApi(http), bindings: createBindingsApi(http), orgs: createOrgsApi(http), roles: createRolesApi(http),
  live: (eventId: string, show: (state: LiveState) => void, connected?: (yes: boolean) => void, polled?: (yes: boolean) => void) => createLive(eventId, {
    open: platform.openSocket, readToken, show, connected, polled, poll: () => checkins.attendance(eventId),
  }),
};
