// The catalogue of configuration keys over the admin socket.
//   GET|PUT /catalogue (PUT enters keys, and leaves the others)   DELETE /catalogue?key=KEY&key=...
import {
  parseCatalogue,
  putCatalogueKeys,
  readCatalogue,
  removeCatalogueKeys,
  renderCatalogue,
} from '../records/catalogue.ts';
import { AdminRefusal, type AdminServices, known, parseObjectBody, type Route } from './admin-request.ts';

export function catalogueRoutes({ store }: AdminServices): Route[] {
  return [
    {
      path: /^\/catalogue$/,
      methods: {
        GET: async () => renderCatalogue(await readCatalogue(store)),
        async PUT({ body }) {
          const keys = parseCatalogue(parseObjectBody(body));
          await putCatalogueKeys(store, keys);
          return renderCatalogue(keys);
        },
        async DELETE({ query }) {
          const names = [...new Set(query.getAll('key'))];
          if (names.length === 0) throw new AdminRefusal(400, 'key: give the keys to remove');
          const catalogue = new Map((await readCatalogue(store)).map((entry) => [entry.key, entry]));
          const removed = names.map((name) => known(name, catalogue.get(name) ?? null));
          await removeCatalogueKeys(store, names);
          return renderCatalogue(removed);
        },
      },
    },
  ];
}
