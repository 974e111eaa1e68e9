/**
 * A value, or the promise of one. Most of what a step asks is known at once, and then nothing is waited for: each
 * promise on the path of a call costs it a turn of the queue.
 */
export type Soon<Value> = Value | Promise<Value>;

/** Goes on with `value`, at once where it is there. What `next` throws then is thrown, not rejected. */
export function soon<Value, Next>(value: Soon<Value>, next: (value: Value) => Soon<Next>): Soon<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}
