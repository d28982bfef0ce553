// Waiting for a condition. The only place in the tests that lets time pass.

/** Calls `probe` until it returns something truthy, and returns that. Throws its last error at the deadline. */
export async function eventually(what, probe, { deadlineMs = 15_000, everyMs = 25 } = {}) {
  const end = Date.now() + deadlineMs;
  let lastError;
  do {
    try {
      const value = await probe();
      if (value) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await new Promise((done) => setTimeout(done, everyMs));
  } while (Date.now() < end);
  throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: lastError });
}
