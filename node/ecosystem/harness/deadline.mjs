/** How long anything may take that should happen soon, in milliseconds. */
export const DEADLINE = 20_000;

/** `promise`, or an error that says `what()` if it takes too long. */
export async function within(promise, what, milliseconds = DEADLINE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what()} within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
