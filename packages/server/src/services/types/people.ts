import type { Person } from "../../people/rights.js";
import type { Asker, ListQuery, Page } from "./asking.js";

export interface UserView {
  readonly id: number;
  readonly username: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
  readonly is_active: boolean;
  readonly is_staff: boolean;
  readonly is_superuser: boolean;
  readonly groups: readonly string[];
  readonly permissions: readonly string[];
  readonly date_joined: Date;
  readonly last_login: Date | null;
}

export type UserChanges = Partial<
  Pick<
    UserView,
    "first_name" | "last_name" | "email" | "is_active" | "is_staff" | "is_superuser" | "groups" | "permissions"
  >
> & { readonly password?: string };

/** Its members and permissions from now on; what is absent stays. */
export interface GroupChanges {
  readonly users?: readonly string[];
  readonly permissions?: readonly string[];
}

export interface PeopleService {
  /** A person by password; undefined where name or password are wrong. Through the Authenticator seam; rate limited by address and name (429). */
  logIn(
    username: string,
    password: string,
    from: { readonly address: string },
  ): Promise<{ readonly person: Person; readonly cookie: string } | undefined>;
  logOut(cookie: string): Promise<void>;
  byCookie(cookie: string): Promise<Person | undefined>;
  /** By an API token; sets when it was last used, at most once a minute. */
  byToken(token: string): Promise<Person | undefined>;
  users(asker: Asker, query: ListQuery): Promise<Page<UserView>>;
  user(asker: Asker, username: string): Promise<UserView>;
  /** A random password is made and returned where none is given. */
  addUser(asker: Asker, username: string, changes: UserChanges): Promise<{ readonly password?: string }>;
  updateUser(asker: Asker, username: string, changes: UserChanges): Promise<void>;
  removeUser(asker: Asker, username: string): Promise<void>;
  groups(asker: Asker): Promise<
    readonly {
      readonly id: number;
      readonly name: string;
      readonly users: readonly string[];
      readonly permissions: readonly string[];
    }[]
  >;
  addGroup(asker: Asker, name: string, changes?: GroupChanges): Promise<void>;
  updateGroup(asker: Asker, name: string, changes: GroupChanges): Promise<void>;
  removeGroup(asker: Asker, name: string): Promise<void>;
  tokens(
    asker: Asker,
    username?: string,
  ): Promise<
    readonly {
      readonly id: number;
      readonly description: string;
      readonly created_on: Date;
      readonly last_used_on: Date | null;
    }[]
  >;
  /** The token is shown here and never again. */
  addToken(
    asker: Asker,
    options: { readonly username?: string; readonly description: string },
  ): Promise<{ readonly id: number; readonly token: string }>;
  removeToken(asker: Asker, id: number): Promise<void>;
  /** One's own tokens for servers that jobs fetch from, by name: a job names one, and its worker gets the token. They are never shown again. */
  artifactTokens(asker: Asker): Promise<readonly { readonly name: string }[]>;
  /** Null removes it. */
  setArtifactToken(asker: Asker, name: string, token: string | null): Promise<void>;
  permissions(
    asker: Asker,
    kind: "device" | "devicetype" | "worker",
    object?: string,
  ): Promise<
    readonly { readonly id: number; readonly group: string; readonly object: string; readonly codename: string }[]
  >;
  grant(
    asker: Asker,
    permission: {
      readonly kind: "device" | "devicetype" | "worker";
      readonly object: string;
      readonly group: string;
      readonly codename: "view" | "submit_to" | "change";
    },
  ): Promise<void>;
  revoke(asker: Asker, id: number): Promise<void>;
  /** What is remembered of people and rights counts no more: another process changed them. */
  forget(): void;
}
