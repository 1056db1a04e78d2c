// A W25Q16 flash behind the SSI controller, kept in a file. rp2040js reads flash and cannot
// write it. Each erase and each page program is in the file before the next instruction runs,
// so that a killed process is a board that lost its power.
import fs from 'node:fs';
import { BasePeripheral } from './rp2040js.mjs';

export const FLASH_SIZE = 2 * 1024 * 1024;
const PAGE = 256;
const UF2_MAGIC = 0x0a324655;
const XIP_BASE = 0x10000000;
const ERASES = { 0x20: 4096, 0x52: 32768, 0xd8: 65536 };
// What the board says that it is: on no real chip does the unique id begin so.
const UNIQUE_ID = Buffer.from('EMULPICO');

export class FlashFile {
  constructor(path, image) {
    this.path = path;
    this.operations = 0;
    const fresh = !fs.existsSync(path);
    const content = new Uint8Array(FLASH_SIZE).fill(0xff);
    if (!fresh) content.set(fs.readFileSync(path).subarray(0, FLASH_SIZE));
    loadUf2(image, content);
    // Another image than last time is a board that was flashed anew: its files stay.
    fs.writeFileSync(`${path}.new`, content);
    fs.renameSync(`${path}.new`, path);
    this.content = content;
    this.file = fs.openSync(path, 'r+');
  }

  // What the processor sees of the flash follows each change.
  mapInto(memory) {
    memory.set(this.content);
    this.mapped = memory;
  }

  erase(address, size) {
    const start = address & ~(size - 1);
    this.change(start, new Uint8Array(size).fill(0xff));
  }

  program(address, octets) {
    // The address wraps within its page; programming only clears bits.
    const start = address & ~(PAGE - 1);
    const page = this.content.slice(start, start + PAGE);
    octets.forEach((octet, at) => { page[(address + at) & (PAGE - 1)] &= octet; });
    this.change(start, page);
  }

  change(start, octets) {
    this.operations++;
    const cut = this.cut();
    const applied = cut === null ? octets : octets.subarray(0, Math.floor(octets.length * cut));
    this.content.set(applied, start);
    this.mapped?.set(applied, start);
    fs.writeSync(this.file, applied, 0, applied.length, start);
    if (cut !== null) process.kill(process.pid, 'SIGKILL');
  }

  // How much of this operation happens before the power goes, 0 to 1, or null: it does not go.
  // `<flash>.cut` holds the number of operations until then, and that share.
  cut() {
    const path = `${this.path}.cut`;
    let left, share;
    try {
      [left, share] = fs.readFileSync(path, 'utf8').split(' ').map(Number);
    } catch {
      return null;
    }
    if (left > 1) {
      fs.writeFileSync(path, `${left - 1} ${share}`);
      return null;
    }
    fs.unlinkSync(path);
    return share;
  }
}

function loadUf2(path, content) {
  const image = fs.readFileSync(path);
  if (image.length < 512 || image.readUInt32LE(0) !== UF2_MAGIC) throw new Error(`${path} is not a UF2 image`);
  for (let at = 0; at + 512 <= image.length; at += 512) {
    const address = image.readUInt32LE(at + 12) - XIP_BASE;
    const size = image.readUInt32LE(at + 16);
    if (address < 0 || address + size > FLASH_SIZE) throw new Error(`${path} is no image for a Pico's flash`);
    content.set(image.subarray(at + 32, at + 32 + size), address);
  }
}

// The controller as the boot ROM and the SDK drive it: an octet at a time, with the chip select
// forced by IO_QSPI, or left to the controller, when a frame ends once all of it is read back.
export class Ssi extends BasePeripheral {
  constructor(mcu, flash) {
    super(mcu, 'SSI');
    this.flash = flash;
    this.registers = new Map();
    this.sent = [];
    this.received = [];
    this.writeEnabled = false;
    this.select = 'auto';
  }

  force(override) {
    const select = override === 2 ? 'low' : override === 3 ? 'high' : 'auto';
    if (select === this.select) return;
    if (this.select !== 'high') this.endFrame();
    this.select = select;
    if (select === 'low') {
      this.sent = [];
      this.received = [];
    }
  }

  endFrame() {
    const frame = this.sent;
    this.sent = [];
    if (!frame.length) return;
    const command = frame[0];
    if (command === 0x06 || command === 0x04) return;
    const address = (frame[1] << 16) | (frame[2] << 8) | frame[3];
    if (this.writeEnabled && frame.length >= 4) {
      if (ERASES[command]) this.flash.erase(address, ERASES[command]);
      if (command === 0x02 && frame.length > 4) this.flash.program(address, frame.slice(4));
    }
    if (ERASES[command] || command === 0x02 || command === 0x01 || command === 0x31) this.writeEnabled = false;
  }

  exchange(octet) {
    const position = this.sent.length;
    this.sent.push(octet);
    const command = this.sent[0];
    if (position === 0) {
      if (command === 0x06) this.writeEnabled = true;
      if (command === 0x04) this.writeEnabled = false;
      return 0xff;
    }
    switch (command) {
      case 0x05: return this.writeEnabled ? 2 : 0;
      case 0x35: return 2;
      case 0x9f: return [0xef, 0x40, 0x15][position - 1] ?? 0;
      case 0x4b: return position >= 5 ? UNIQUE_ID[(position - 5) & 7] : 0;
      case 0x03: {
        if (position < 4) return 0xff;
        const address = ((this.sent[1] << 16) | (this.sent[2] << 8) | this.sent[3]) + position - 4;
        return this.flash.content[address & (FLASH_SIZE - 1)];
      }
    }
    return 0xff;
  }

  readUint32(offset) {
    switch (offset) {
      case 0x20: return 0;
      case 0x24: return this.received.length;
      case 0x28: return 0x6 | (this.received.length ? 0x8 : 0);
      case 0x58: return 0x51535049;
      case 0x5c: return 0x3430312a;
      case 0x60: {
        const octet = this.received.shift() ?? 0;
        if (!this.received.length && this.select === 'auto') this.endFrame();
        return octet;
      }
    }
    return this.registers.get(offset) ?? 0;
  }

  writeUint32(offset, value) {
    if (offset === 0x60) {
      this.received.push(this.select === 'high' ? 0xff : this.exchange(value & 0xff));
      return;
    }
    if (offset === 0x08 && this.select === 'auto') {
      this.received = [];
      this.endFrame();
    }
    this.registers.set(offset, value);
  }
}

// The flash's pins: only the override of its chip select means something here.
export class IoQspi extends BasePeripheral {
  constructor(mcu, ssi) {
    super(mcu, 'IO_QSPI');
    this.ssi = ssi;
    this.registers = new Uint32Array(0x18).fill(0x1f);
  }

  readUint32(offset) {
    return offset & 4 && offset < 0x30 ? this.registers[offset >> 2] : 0;
  }

  writeUint32(offset, value) {
    this.registers[(offset & 0x3f) >> 2] = value;
    if (offset === 0x0c) this.ssi.force((value >>> 8) & 3);
  }
}
