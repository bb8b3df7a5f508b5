export const OPEN_PALETTE = "corofy:palette";

/** Opens the command palette from anywhere in the page. */
export function openPalette(): void {
  window.dispatchEvent(new Event(OPEN_PALETTE));
}
