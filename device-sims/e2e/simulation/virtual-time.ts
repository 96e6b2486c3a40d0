interface Task {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  isCancelled: boolean;
}

const isBefore = (a: Task, b: Task): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** One clock for everybody: nothing waits, and what happens at the same instant happens in the order it was planned. */
export class VirtualTime {
  /** Milliseconds since the world began. */
  nowMs = 0;
  /** How many tasks have run. */
  ran = 0;
  private readonly heap: Task[] = [];
  private planned = 0;

  /** Runs `run` once after `delayMs` (a negative delay counts as none). The returned function cancels it. */
  after(delayMs: number, run: () => void): () => void {
    const task: Task = { atMs: this.nowMs + Math.max(0, delayMs), order: this.planned++, run, isCancelled: false };
    this.push(task);
    return () => {
      task.isCancelled = true;
    };
  }

  /** Lets time pass up to `untilMs`. */
  runUntil(untilMs: number): void {
    for (let next = this.heap[0]; next !== undefined && next.atMs <= untilMs; next = this.heap[0]) {
      this.pop();
      if (next.isCancelled) continue;
      this.nowMs = next.atMs;
      this.ran++;
      next.run();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  private push(task: Task): void {
    const { heap } = this;
    let at = heap.push(task) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Task;
      if (!isBefore(task, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = task;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Task, heap[child] as Task)) child++;
      if (!isBefore(heap[child] as Task, last)) break;
      heap[at] = heap[child] as Task;
      at = child;
    }
    heap[at] = last;
  }
}
