// A Raspberry Pi Pico between two resets: rp2040js, with what it lacks put right.
import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import { CycleClock } from './clock.mjs';
import { IoQspi, Ssi } from './flash.mjs';
import { BasePeripheral, ConsoleLogger, LogLevel, RP2040 } from './rp2040js.mjs';
import { UsbCdc } from './usb_cdc.mjs';

const SSI = 0x18000, IO_QSPI = 0x40018, WATCHDOG = 0x40058, CYCLES = 0x40068, OSCILLATOR = 0x40060;
const FIFO_STATUS = 0x50, FIFO_READ = 0x58, FIFO_VALID_AND_READY = 3;
const USB_SOF_READ = 0x48, USB_INTERRUPTS = 0x90, SOF = 1 << 17, FRAME_NANOS = 1e6;
const PULLED_UP = 0x40, RANDOM_BIT = 0x1c;

// The cycle counter, where silicon has nothing: the firmware looks for it only on this board.
class CycleCounter extends BasePeripheral {
  constructor(mcu) { super(mcu, 'CYCLES'); this.high = 0; }

  readUint32(offset) {
    const cycles = this.rp2040.core.cycles;
    if (offset === 0) {
      this.high = Math.floor(cycles / 2 ** 32);
      return cycles >>> 0;
    }
    return offset === 4 ? this.high : 0;
  }

  writeUint32() {}
}

// The ring oscillator, whose random bit is all the chance that the chip has: boot_ids, keys.
class RingOscillator extends BasePeripheral {
  readUint32(offset) { return offset === RANDOM_BIT ? randomInt(2) : 0xffffffff; }

  writeUint32() {}
}

export class Board {
  // `kept` is what a reset by the watchdog leaves alone; null when the power comes on.
  constructor(bootRom, flash, output, kept) {
    this.clock = new CycleClock();
    const mcu = (this.mcu = new RP2040(this.clock));
    this.clock.core = mcu.core;
    mcu.logger = new ConsoleLogger(LogLevel.Error, false);
    const rom = fs.readFileSync(bootRom);
    mcu.loadBootrom(new Uint32Array(rom.buffer, rom.byteOffset, rom.length / 4));
    flash.mapInto(mcu.flash);
    for (const pin of mcu.qspi) {
      pin.padValue |= PULLED_UP; // Nobody presses BOOTSEL.
      pin.setInputValue(true);
    }
    const ssi = new Ssi(mcu, flash);
    mcu.peripherals[SSI] = ssi;
    mcu.peripherals[IO_QSPI] = new IoQspi(mcu, ssi);
    mcu.peripherals[CYCLES] = new CycleCounter(mcu);
    mcu.peripherals[OSCILLATOR] = new RingOscillator(mcu, 'ROSC');
    withoutSecondCore(mcu.sio);
    withStartOfFrame(mcu.usbCtrl, this.clock);
    this.resetWanted = false;
    this.watch(kept);
    this.usb = new UsbCdc(mcu.usbCtrl, output);
    mcu.core.PC = 0x10000000;
  }

  watch(kept) {
    const watchdog = (this.watchdog = this.mcu.peripherals[WATCHDOG]);
    watchdog.onWatchdogTrigger = () => {
      this.resetWanted = true;
      // Its alarm would otherwise arm itself again at once, for ever.
      watchdog.alarm.enable = false;
      watchdog.timer.enable = false;
    };
    if (kept) {
      watchdog.reason = kept.reason;
      watchdog.scratchData.set(kept.scratch);
    }
  }

  get kept() {
    return { reason: this.watchdog.reason, scratch: this.watchdog.scratchData.slice() };
  }
}

// A soft reset waits for the second core's word, which there is not: it is always there, as 0.
function withoutSecondCore(sio) {
  const read = sio.readUint32.bind(sio), write = sio.writeUint32.bind(sio);
  sio.readUint32 = (offset) => {
    if (offset === FIFO_STATUS) return FIFO_VALID_AND_READY;
    return offset === FIFO_READ ? 0 : read(offset);
  };
  sio.writeUint32 = (offset, value) => {
    if (offset < FIFO_STATUS || offset > FIFO_READ) write(offset, value);
  };
}

// The firmware counts USB frames before it sends what it has printed.
function withStartOfFrame(usb, clock) {
  const read = usb.readUint32.bind(usb), write = usb.writeUint32.bind(usb);
  let frame = 0;
  const alarm = clock.createAlarm(() => {
    frame = (frame + 1) & 0x7ff;
    if (!(usb.intEnable & SOF)) return;
    usb.intRaw |= SOF;
    usb.checkInterrupts();
    alarm.schedule(FRAME_NANOS);
  });
  usb.writeUint32 = (offset, value) => {
    write(offset, value);
    if (offset === USB_INTERRUPTS && usb.intEnable & SOF && !alarm.scheduled) alarm.schedule(FRAME_NANOS);
  };
  usb.readUint32 = (offset) => {
    if (offset !== USB_SOF_READ) return read(offset);
    usb.intRaw &= ~SOF;
    usb.checkInterrupts();
    return frame;
  };
}
