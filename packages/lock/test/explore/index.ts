export { LONG_CAMPAIGN, SHORT_CAMPAIGN, within, type Sortie } from './campaign.js';
export { lockScenarios, tolerant, type LockScenarioName } from './scenarios.js';
