// The host's side of the board's USB serial port. rp2040js answers each armed transfer with an
// empty packet, which keeps the firmware's USB task busy for ever; here a transfer is answered
// when there is something to send, and the board waits while nobody takes what it says.
import {
  DataDirection, DescriptorType, SetupRecipient, SetupType, createSetupPacket,
  getDescriptorPacket, setDeviceAddressPacket, setDeviceConfigurationPacket,
} from './rp2040js.mjs';

const CONFIGURATION_HEAD = 9;
const INTERFACE = 4, ENDPOINT = 5, CDC_CONTROL = 2, CDC_DATA = 10, BULK = 2;
const SET_CONTROL_LINE_STATE = 0x22, DTR_AND_RTS = 3;

export class UsbCdc {
  // `output` has write(octets) and full.
  constructor(usb, output) {
    this.usb = usb;
    this.output = output;
    this.stage = 'reset';
    this.descriptor = [];
    this.input = [];
    this.armed = [];
    this.held = false;
    this.inEndpoint = this.outEndpoint = -1;
    this.control = 0;
    usb.onUSBEnabled = () => usb.resetDevice();
    usb.onResetReceived = () => this.setup('address', setDeviceAddressPacket(1));
    usb.onEndpointWrite = (endpoint, octets) => this.fromBoard(endpoint, octets);
    usb.onEndpointRead = (endpoint, size) => this.arm(endpoint, size);
    const ready = usb.indicateBufferReady.bind(usb);
    usb.indicateBufferReady = (endpoint, out) => {
      if (!out && endpoint === this.inEndpoint && this.output.full) this.held = true;
      else ready(endpoint, out);
    };
    this.release = () => {
      if (!this.held) return;
      this.held = false;
      ready(this.inEndpoint, false);
    };
  }

  setup(stage, packet) {
    this.stage = stage;
    this.usb.sendSetupPacket(packet);
  }

  fromBoard(endpoint, octets) {
    if (endpoint === 0) this.enumerate(octets);
    else if (endpoint === this.inEndpoint && octets.length) this.output.write(octets);
  }

  enumerate(octets) {
    switch (this.stage) {
      case 'address':
        if (!octets.length) this.setup('head', getDescriptorPacket(DescriptorType.Configration, CONFIGURATION_HEAD));
        break;
      case 'head': {
        if (octets.length !== CONFIGURATION_HEAD) break;
        this.size = octets[2] | (octets[3] << 8);
        this.descriptor = [];
        this.setup('descriptor', getDescriptorPacket(DescriptorType.Configration, this.size));
        break;
      }
      case 'descriptor':
        this.descriptor.push(...octets);
        if (this.descriptor.length < this.size) break;
        this.findEndpoints();
        this.setup('configuration', setDeviceConfigurationPacket(1));
        break;
      case 'configuration':
        // A terminal that is there: without it the firmware keeps what it prints.
        if (!octets.length) this.setup('ready', createSetupPacket({
          dataDirection: DataDirection.HostToDevice, type: SetupType.Class,
          recipient: SetupRecipient.Interface, bRequest: SET_CONTROL_LINE_STATE,
          wValue: DTR_AND_RTS, wIndex: this.control, wLength: 0,
        }));
        break;
    }
  }

  findEndpoints() {
    let data = false;
    const octets = this.descriptor;
    for (let at = 0; at < octets.length && octets[at]; at += octets[at]) {
      if (octets[at + 1] === INTERFACE) {
        data = octets[at + 5] === CDC_DATA;
        if (octets[at + 5] === CDC_CONTROL) this.control = octets[at + 2];
      } else if (octets[at + 1] === ENDPOINT && data && (octets[at + 3] & 3) === BULK) {
        if (octets[at + 2] & 0x80) this.inEndpoint = octets[at + 2] & 15;
        else this.outEndpoint = octets[at + 2] & 15;
      }
    }
  }

  arm(endpoint, size) {
    if (endpoint !== this.outEndpoint) return;
    this.armed.push(size);
    this.pump();
  }

  send(octets) {
    for (const octet of octets) this.input.push(octet);
    this.pump();
  }

  pump() {
    while (this.armed.length && this.input.length) {
      const octets = this.input.splice(0, this.armed.shift());
      this.usb.endpointReadDone(this.outEndpoint, Uint8Array.from(octets));
    }
  }
}
