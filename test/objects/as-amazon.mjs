// Loaded before a program (node --import): what it asks of Amazon's addresses goes, unencrypted, to the server of SIGNWAVE_AMAZON_PORT, which sees the
// names that it was asked under.
import { Agent } from 'node:https';
import { connect } from 'node:net';

const port = Number(process.env.SIGNWAVE_AMAZON_PORT);

Agent.prototype.createConnection = (/** @type {{ host: string }} */ { host }) => {
  if (!host.endsWith('.amazonaws.com')) throw new Error(`${host} is not Amazon's`);
  return connect(port, '127.0.0.1');
};
