/** What a phone keeps for the time without the centre, in the browser's own database. */
const databaseName = "mingcheng-phone";
const layout = 1;

/** Something that the centre is to be told once it can be reached. Kept until the centre has answered. */
export interface Waiting {
  /** Grows; what was done first is told first. */
  readonly n?: number;
  /** Whose it is: told under this name only. */
  readonly user: string;
  readonly alert: string;
  /** When it was done, by this machine's clock; ISO 8601. */
  readonly at: string;
  readonly what:
    | { readonly kind: "picture"; readonly sha256: string; readonly picture: Blob }
    | { readonly kind: "act"; readonly act: string; readonly words: Readonly<Record<string, string>> };
  /** Why the centre does not want it; null while it waits. */
  readonly refused: string | null;
  /** Somebody else was first, or it was over before; kept until the officer has seen it. */
  readonly outdone?: Outdone | null;
}

/** Who was first, and when. `over`: the alert had ended by then; `by` empty: by itself. */
export interface Outdone {
  readonly by: string;
  readonly at: string;
  readonly over: boolean;
}

/** One that is in the store. */
export type Stored = Waiting & { readonly n: number };

const open = (): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const asked = indexedDB.open(databaseName, layout);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("waiting", { keyPath: "n", autoIncrement: true });
      asked.result.createObjectStore("answers");
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error("the phone's store cannot be opened"));
  });

let opened: Promise<IDBDatabase> | undefined;

const inStore = async <Result>(
  name: "waiting" | "answers",
  mode: IDBTransactionMode,
  body: (store: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> => {
  opened ??= open();
  const transaction = (await opened).transaction(name, mode);
  return new Promise((resolve, reject) => {
    const asked = body(transaction.objectStore(name));
    // Of a change only what the transaction has completed is kept.
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onabort = () => reject(transaction.error ?? new Error("nothing was kept"));
  });
};

/** Keeps, lists and drops what waits, and the last answers of the centre. Every call rejects when nothing can be kept. */
export const phoneStore = {
  add: (waiting: Waiting) => inStore("waiting", "readwrite", (store) => store.add(waiting)),
  put: (stored: Stored) => inStore("waiting", "readwrite", (store) => store.put(stored)),
  all: () => inStore("waiting", "readonly", (store) => store.getAll() as IDBRequest<Stored[]>),
  drop: (n: number) => inStore("waiting", "readwrite", (store) => store.delete(n)),
  answer: (key: string) => inStore("answers", "readonly", (store) => store.get(key) as IDBRequest<unknown>),
  keepAnswer: (key: string, answer: unknown) => inStore("answers", "readwrite", (store) => store.put(answer, key)),
  forgetAnswers: () => inStore("answers", "readwrite", (store) => store.clear()),
};
