// Follows a run over /hubs/runs and prints what came, as JSON. usage: node follow.mjs <url> <run id> <from seq>; the cookie comes by environment.
import * as signalR from '@microsoft/signalr';

const [url, runId, fromSeq] = process.argv.slice(2);
const cookie = process.env.VAULT_COOKIE;
const connection = new signalR.HubConnectionBuilder()
  .withUrl(`${url}/hubs/runs`, { headers: cookie ? { Cookie: cookie } : {} })
  .configureLogging(signalR.LogLevel.None)
  .build();

const seen = { seqs: [], texts: 0, states: [], progress: 0, delaysMs: [] };

try {
  await connection.start();
} catch (error) {
  console.log(JSON.stringify({ refused: String(error.message ?? error) }));
  process.exit(3);
}

connection.stream('Follow', runId, Number(fromSeq)).subscribe({
  next: ({ lines, progress, status }) => {
    for (const line of lines ?? []) {
      seen.seqs.push(line.seq);
      if (line.text) seen.texts += 1;
      seen.delaysMs.push(Date.now() - Date.parse(line.at));
    }
    if (progress) seen.progress += 1;
    if (status) seen.states.push(status.state);
  },
  complete: async () => {
    console.log(JSON.stringify(seen));
    await connection.stop();
  },
  error: (error) => {
    console.log(JSON.stringify({ error: String(error) }));
    process.exit(1);
  },
});
