import type { HttpStack } from "tus-js-client";

/** Sends every piece with its checksum, so that one damaged on the way is not kept. Browsers without https have none to give. */
export function checkedStack(base: HttpStack): HttpStack {
  return {
    getName: () => base.getName(),
    createRequest(method, url) {
      const request = base.createRequest(method, url);
      const send = request.send.bind(request);
      request.send = async (body: unknown) => {
        if (body instanceof Blob && window.isSecureContext)
          request.setHeader("Upload-Checksum", `sha256 ${await sha256(body)}`);
        return send(body);
      };
      return request;
    },
  };
}

async function sha256(piece: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await piece.arrayBuffer());
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
