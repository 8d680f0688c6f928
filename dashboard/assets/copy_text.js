/**
 * Puts text on the clipboard.
 *
 * @param {string} text
 * @returns {Promise<boolean>} false where the browser does not allow it: over plain HTTP only on loopback
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
