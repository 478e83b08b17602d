// Tells everybody who has come, and puts time and name before each message, as its server would.
const net = require('net');
const readline = require('readline');

const clavier = readline.createInterface({ input: process.stdin });
const client = net.connect(Number(process.argv[3]), process.argv[2]);
let nom = null;
console.log('Pseudo ?');
clavier.on('line', (ligne) => {
  if (nom === null) {
    nom = ligne;
    client.write(`*** ${nom} a rejoint le chat ***\n`);
  } else {
    client.write(`[12:30] ${nom}: ${ligne}\n`);
  }
});
client.on('data', (data) => process.stdout.write(data.toString()));
client.on('close', () => process.exit(0));
