import type { NextConfig } from "next";

/**
 * Built, it is a folder of files that the gateway serves beside its API. While it is being written (`./corofy web dev`) the
 * development server passes on what the gateway answers.
 */
const gateway = process.env.API_URL;

const config: NextConfig = gateway
  ? {
      devIndicators: false,
      rewrites: () =>
        Promise.resolve(
          ["/v1/:path*", "/auth/v1/:path*", "/config.json", "/docs", "/openapi.json"].map((source) => ({
            source,
            destination: `${gateway}${source}`,
          })),
        ),
    }
  : { output: "export", images: { unoptimized: true } };

export default { ...config, reactStrictMode: true, poweredByHeader: false } satisfies NextConfig;
