'use strict';
// Runs before the program of an instance. The network of a sandbox ends at its loopback. The server that listens on PORT
// listens on the Unix socket that the host has opened as descriptor 3, and descriptor 4 reports it.
const { writeSync } = require('node:fs');
const { Server } = require('node:net');

const port = Number(process.env.PORT);
const listen = Server.prototype.listen;
let owner;

Server.prototype.listen = function (...args) {
  const [first] = args;
  const wanted = typeof first === 'object' && first !== null ? first.port : first;
  if (owner !== undefined || wanted === undefined || wanted === '' || Number(wanted) !== port)
    return listen.apply(this, args);
  owner = this;
  this.address = () => ({ address: '127.0.0.1', family: 'IPv4', port });
  this.once('listening', () => writeSync(4, '{"event":"listen"}\n'));
  this.once('close', () => (owner = undefined));
  const callback = args.findLast((each) => typeof each === 'function');
  return listen.call(this, { fd: 3 }, ...(callback === undefined ? [] : [callback]));
};
