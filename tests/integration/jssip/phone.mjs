// JsSIP in Node.js as a softphone: commands are lines on stdin, what happens are JSON lines on stdout.
//   node phone.mjs ws://127.0.0.1:5066 ann secret
//   answer | reject | hold | resume | hang_up | dial NUMBER | quit
// Its WebSocket is that of `ws`, and there is no RTCPeerConnection: a stand-in yields descriptions and connects nothing.
// A browser would describe DTLS-SRTP, which the server refuses; these describe RTP/AVP, so that all the signalling is JsSIP's.
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

class StandInConnection {
  constructor() {
    this.iceGatheringState = 'complete';
    this.iceConnectionState = 'connected';
    this.signalingState = 'stable';
    this.localDescription = this.remoteDescription = null;
    this.version = 0;
  }

  async describe(type) {
    this.version += 1;
    const lines = ['v=0', `o=jssip 1 ${this.version} IN IP4 127.0.0.1`, 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 9 RTP/AVP 8',
      'a=rtpmap:8 PCMA/8000', 'a=sendrecv'];
    return { type, sdp: lines.map((line) => line + '\r\n').join('') };
  }

  createOffer() { return this.describe('offer'); }

  createAnswer() { return this.describe('answer'); }

  async setLocalDescription(description) {
    this.localDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
  }

  async setRemoteDescription(description) {
    this.remoteDescription = description;
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
  }

  addEventListener() {}

  removeEventListener() {}

  getSenders() { return []; }

  getReceivers() { return []; }

  close() { this.signalingState = 'closed'; }
}

Object.assign(globalThis, {
  window: globalThis,
  WebSocket,
  RTCPeerConnection: StandInConnection,
  RTCSessionDescription: class { constructor(description) { Object.assign(this, description); } },
});
const { default: JsSIP } = await import('jssip');

const [url, user, password] = process.argv.slice(2);
const domain = 'centrala.local';
const noTracks = { getTracks: () => [], getAudioTracks: () => [], getVideoTracks: () => [] };
const noMedia = { mediaConstraints: { audio: false, video: false }, mediaStream: noTracks };
let session = null;

function tell(event, more = {}) {
  process.stdout.write(JSON.stringify({ event, ...more }) + '\n');
}

const phone = new JsSIP.UA({
  sockets: [new JsSIP.WebSocketInterface(url)],
  uri: `sip:${user}@${domain}`,
  password,
  register: Boolean(password),
  register_expires: 120,
  connection_recovery_min_interval: 1,
});

phone.on('connected', () => tell('connected'));
phone.on('disconnected', () => tell('disconnected'));
phone.on('registered', ({ response }) => tell('registered', { contact: response.getHeader('contact') }));
phone.on('unregistered', () => tell('unregistered'));
phone.on('registrationFailed', ({ cause }) => tell('registration_failed', { cause }));
phone.on('newRTCSession', ({ originator, session: begun, request }) => {
  session = begun;
  if (originator === 'remote') {
    tell('invited', { from: request.from.uri.user, name: request.from.display_name, offer: request.body });
  }
  begun.on('progress', ({ originator: by, response }) => tell('progress', { by, status: response ? response.status_code : 180 }));
  begun.on('confirmed', ({ originator: by }) => tell('confirmed', { by }));
  begun.on('sdp', ({ originator: by, type, sdp }) => tell('sdp', { by, type, sdp }));
  begun.on('ended', ({ originator: by, cause }) => tell('ended', { by, cause }));
  begun.on('failed', ({ originator: by, cause }) => tell('failed', { by, cause }));
});

const commands = {
  answer: () => session.answer(noMedia),
  reject: () => session.terminate({ status_code: 603 }),
  hold: () => session.hold({}, () => tell('held')),
  resume: () => session.unhold({}, () => tell('resumed')),
  hang_up: () => session.terminate(),
  dial: (number) => phone.call(`sip:${number}@${domain}`, noMedia),
  quit: () => {
    phone.stop();
    setTimeout(() => process.exit(0), 500);
  },
};

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [name, ...words] = line.split(' ');
    commands[name](...words);
  })
  .on('close', () => process.exit(0));
phone.start();
