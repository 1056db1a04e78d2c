// node main.mjs BOOT_ROM IMAGE.uf2 FLASH: a Pico whose USB serial port is standard input and
// output. It ends when its input does.
import fs from 'node:fs';
import { Board } from './board.mjs';
import { FlashFile } from './flash.mjs';

const [bootRom, image, flashPath] = process.argv.slice(2);
const SLICE_MS = 3, STEPS = 4000, SKIP_STEPS = 50, AHEAD_NANOS = 1e6, MOST_WAITING = 4096;

// What the board says, written one piece at a time: a line that nobody reads holds the board up.
const output = {
  waiting: [], size: 0, writing: false,
  get full() { return this.size > MOST_WAITING; },
  write(octets) {
    this.waiting.push(Buffer.from(octets));
    this.size += octets.length;
    this.next();
  },
  next() {
    if (this.writing || !this.waiting.length) return;
    this.writing = true;
    const octets = Buffer.concat(this.waiting);
    this.waiting = [];
    const put = (from) => fs.write(1, octets, from, (error, count) => {
      if (error && error.code !== 'EAGAIN') process.exit(0);
      const end = from + (count ?? 0);
      if (end < octets.length) return error ? setTimeout(put, 1, end) : put(end);
      this.writing = false;
      this.size -= octets.length;
      if (!this.full) board.usb.release();
      this.next();
      wake();
    });
    put(0);
  },
};

const buffer = Buffer.alloc(4096);
function listen() {
  fs.read(0, buffer, 0, buffer.length, null, (error, count) => {
    if (error?.code === 'EAGAIN') return setTimeout(listen, 1);
    if (error || count === 0) process.exit(0);
    board.usb.send(buffer.subarray(0, count));
    wake();
    listen();
  });
}

// The last line is what the person at the bench sees.
process.on('uncaughtException', (error) => {
  fs.writeSync(2, `${error.stack}\nemulated Pico: ${error.message}\n`);
  process.exit(1);
});

const flash = new FlashFile(flashPath, image);
let board, anchor, timer = null, queued = false;

function boot(kept) {
  board = new Board(bootRom, flash, output, kept);
  drop();
}

// From here on simulated and real time go together again.
function drop() {
  anchor = { real: performance.now(), simulated: board.clock.nanos };
}

const realNanos = () => anchor.simulated + (performance.now() - anchor.real) * 1e6;

function wake() {
  if (timer !== null) {
    clearTimeout(timer);
    timer = null;
    sleepUntilNow();
  }
  if (!queued) {
    queued = true;
    setImmediate(run);
  }
}

// What the core slept in real time it slept in simulated time, up to its next alarm.
function sleepUntilNow() {
  if (!board.mcu.core.waiting) return;
  const slept = Math.min(realNanos() - board.clock.nanos, board.clock.nanosToNextAlarm);
  if (slept > 0) board.clock.sleep(slept);
}

function park(milliseconds) {
  timer = setTimeout(() => {
    timer = null;
    sleepUntilNow();
    run();
  }, milliseconds);
}

// Return false if there is nothing to do before some time is over.
function idle() {
  const { clock } = board;
  const nanos = clock.nanosToNextAlarm;
  const ahead = clock.nanos - realNanos();
  if (ahead < 0) drop();
  if (nanos === Infinity) {
    park(1000);
    return false;
  }
  const early = Math.max(0, ahead) + nanos;
  if (early > AHEAD_NANOS) {
    park(Math.max(1, Math.floor(early / 1e6)));
    return false;
  }
  clock.sleep(nanos);
  return true;
}

function run() {
  queued = false;
  const end = performance.now() + SLICE_MS;
  do {
    const { clock } = board, { core } = board.mcu;
    for (let steps = STEPS; steps > 0; ) {
      if (core.waiting) {
        if (!idle()) return;
        steps -= SKIP_STEPS;
      } else {
        while (steps-- > 0 && core.cycles < clock.deadline && !core.waiting) core.executeInstruction();
        if (core.cycles >= clock.deadline) clock.fire();
      }
      if (board.resetWanted) {
        boot(board.kept);
        break;
      }
    }
  } while (performance.now() < end);
  queued = true;
  setImmediate(run);
}

boot(null);
listen();
run();
