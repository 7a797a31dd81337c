// Events over the admin socket.
//   GET|POST /events   DELETE /events/DATE
import { parseEvent } from '../records/event.ts';
import { AdminRefusal, type AdminServices, parseJsonBody, type Route } from './admin-request.ts';
import { eventToJson } from './export-document.ts';

export function eventRoutes({ store: { events }, nowMs }: AdminServices): Route[] {
  return [
    {
      path: /^\/events$/,
      methods: {
        GET: async () => (await events.events()).map(eventToJson),
        async POST({ body }) {
          const event = parseEvent(parseJsonBody(body), nowMs());
          if (await events.add(event)) return eventToJson(event);
          throw new AdminRefusal(409, `there is an event of ${event.EventDate} already`);
        },
      },
    },
    {
      path: /^\/events\/([^/]+)$/,
      methods: {
        async DELETE({ name }) {
          const event = (await events.events()).find(({ EventDate }) => EventDate === name);
          if (event === undefined) throw new AdminRefusal(404, `there is no event of ${name}`);
          await events.remove(name);
          return eventToJson(event);
        },
      },
    },
  ];
}
