/** Where the agent of every guest listens. */
export const CONTROL_PORT = 22100;
