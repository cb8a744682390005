// Bytes that both sides know without telling, and a name for long ones.

/**
 * `length` bytes of a generator that is seeded with `seed` (xorshift32).
 * @returns {Uint8Array}
 */
export function bytesOf(seed, length) {
  const bytes = new Uint8Array(length);
  let state = seed * 2654435761 + 1 | 0 || 1;
  for (let at = 0; at < length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state;
  }
  return bytes;
}

/** SHA-256 in hexadecimal digits. */
export async function sha256(bytes) {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
