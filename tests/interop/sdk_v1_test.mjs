// The official client of the handshake revisions, through every scenario.
import { connectHttp, connectStdio, libraries } from './support/clients.mjs';
import { playScenarios } from './support/scenarios.mjs';

playScenarios('SDK 1.x over stdio', connectStdio, libraries.handshake, ['poll', 'webhook']);
playScenarios('SDK 1.x over HTTP', connectHttp, libraries.handshake, 'webhook');
