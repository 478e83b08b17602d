// Whatever the terminal gives goes out as it came, and the connection ends with "quitter".
const net = require('net');

const client = new net.Socket();
client.connect(Number(process.argv[3]), process.argv[2], () => console.log('Connecte'));
process.stdin.on('data', (chunk) => {
  client.write(chunk);
  if (chunk.toString().trim() === 'quitter') client.end();
});
client.on('data', (data) => process.stdout.write(data.toString()));
client.on('close', () => process.exit(0));
