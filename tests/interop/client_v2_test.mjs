// The official client of revision 2026-07-28, through every scenario.
import { connectHttp, connectStdio, libraries } from './support/clients.mjs';
import { playScenarios } from './support/scenarios.mjs';

playScenarios('client 2.x over stdio', connectStdio, libraries.modern, ['poll', 'webhook']);
playScenarios('client 2.x over HTTP', connectHttp, libraries.modern, 'webhook');
