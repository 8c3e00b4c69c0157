import { createHash, randomInt } from "node:crypto";

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
const tokenLength = 128;
/** Without letters that look like others: people copy it from a terminal. */
const passwordAlphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const passwordLength = 16;

const from = (letters: string, length: number): string =>
  Array.from({ length }, () => letters[randomInt(letters.length)]).join("");

/** An API token or the value of a session cookie: 128 characters of [0-9a-z], as LAVA's clients expect (spec 3.1). */
export const newToken = (): string => from(alphabet, tokenLength);

/** A password that nobody chose: about 93 bits. */
export const newPassword = (): string => from(passwordAlphabet, passwordLength);

/** What the database keeps of a token. It is random and long, so a plain hash does; looking it up by its hash takes the same time for all. */
export const sha256 = (secret: string): Buffer => createHash("sha256").update(secret).digest();

/** Whether a text can be a token at all; spares the database what cannot. */
export const looksLikeToken = (text: string): boolean => /^[0-9a-z]{128}$/.test(text);
