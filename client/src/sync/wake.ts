/**
 * Tells when the world around a page changed so that it is worth asking the
 * server: the network came or became another, the page came to the front. It
 * returns how to stop. Where there is no page it tells nothing.
 */
export function onWake(fn: (why: 'online' | 'visible') => void): () => void {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => undefined;
  const online = (): void => fn('online');
  const visible = (): void => {
    if (document.visibilityState === 'visible') fn('visible');
  };
  const network = (navigator as Navigator & { connection?: EventTarget }).connection;
  window.addEventListener('online', online);
  window.addEventListener('pageshow', visible);
  document.addEventListener('visibilitychange', visible);
  network?.addEventListener('change', online);
  return () => {
    window.removeEventListener('online', online);
    window.removeEventListener('pageshow', visible);
    document.removeEventListener('visibilitychange', visible);
    network?.removeEventListener('change', online);
  };
}
