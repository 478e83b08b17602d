// readline in, client.write(line) out: no line ending. The name is the first answer.
const net = require('net');
const readline = require('readline');

const rl = readline.createInterface({ input: process.stdin, output: process.stdout });
const client = net.createConnection({ host: process.argv[2], port: Number(process.argv[3]) }, () => {
  rl.question('Pseudo ? ', (pseudo) => {
    client.write(pseudo);
    rl.on('line', (line) => client.write(line));
  });
});

client.on('data', (data) => console.log(data.toString().trim()));
client.on('end', () => {
  console.log('Connexion fermee.');
  rl.close();
  process.exit(0);
});
