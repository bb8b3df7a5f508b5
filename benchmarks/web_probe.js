// Runs in the page: times by the page's own clock, from the input's arrival to the frame that shows its effect.
window.probe = (() => {
  const heading = () => document.querySelector("main h1, h1")?.textContent?.trim() ?? "";
  const isWaiting = () => document.querySelector("main [data-skeleton]") !== null;

  /** Resolves with the time at which what is now in the document has been painted. */
  const painted = () =>
    new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now());
      requestAnimationFrame(() => port2.postMessage(null));
    });

  const frame = () => new Promise(requestAnimationFrame);

  async function once(holds) {
    const until = performance.now() + 30_000;
    while (!holds()) {
      if (performance.now() > until) throw new Error(`still at ${location.pathname} under ${heading()}`);
      await frame();
    }
    return painted();
  }

  let change;

  return {
    /** The next click leads to `path` (null: nowhere else) and another heading. */
    expectChange(path) {
      const before = heading();
      change = new Promise((done, failed) => {
        addEventListener(
          "click",
          async ({ timeStamp }) => {
            try {
              const isThere = () => (path === null || location.pathname === path) && !["", before].includes(heading());
              const headed = await once(isThere);
              const whole = await once(() => !isWaiting());
              done({ heading_ms: headed - timeStamp, data_ms: whole - timeStamp });
            } catch (error) {
              failed(error);
            }
          },
          { capture: true, once: true },
        );
      });
    },
    changed: () => change,

    /** How long each frame took while the page was scrolled down, and up again at its end, evenly by the clock. */
    async scroll({ pxPerSecond, seconds, from }) {
      const most = document.documentElement.scrollHeight - innerHeight;
      const frames = [];
      scrollTo(0, from);
      const began = await frame();
      for (let last = began; last - began < seconds * 1000; ) {
        const way = (from + (pxPerSecond * (last - began)) / 1000) % (2 * most);
        scrollTo(0, way <= most ? way : 2 * most - way);
        const now = await frame();
        frames.push(now - last);
        last = now;
      }
      return frames;
    },

    /** Milliseconds from now until the row with this number stands there with what came of it. */
    async rowIsThere(rowNo, since) {
      const isThere = () => {
        const row = document.querySelector(`[data-place="${rowNo - 1}"]`);
        return row !== null && row.querySelector("[data-skeleton]") === null;
      };
      return (await once(isThere)) - since;
    },
  };
})();
