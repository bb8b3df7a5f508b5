/** Everything that may look different after a campaign was changed. */
export const CAMPAIGN_KEYS = [
  ["get", "/v1/campaigns"],
  ["get", "/v1/campaigns/{campaign_id}"],
  ["get", "/v1/campaigns/{campaign_id}/leads"],
  ["get", "/v1/campaigns/{campaign_id}/leads/{lead_id}/why"],
  ["get", "/v1/campaigns/{campaign_id}/why"],
  ["get", "/v1/campaigns/{campaign_id}/forecast"],
];
