import { channels } from "../jobs/channels.js";
import type { Subscription } from "../store/listen.js";
import type { Store } from "../store/store.js";

/** Has a server forget whom and which rights it knows as soon as another process of the database, such as `basalt admin`, changed them. */
export const forgetPeople = (store: Pick<Store, "listen">, forget: () => void): Promise<Subscription> =>
  store.listen(channels.people, forget, { resync: forget });
