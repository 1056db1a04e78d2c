// Simulated time: the cycles that the core has run, and what it has slept. rp2040js counts time
// beside its cycles; here they are one, so that a cycle count is exact.
const CYCLE_NANOS = 8; // 125 MHz.
const MOST_ALARMS = 10000; // An alarm that arms itself again at once must not stop the world.

class Alarm {
  constructor(clock, callback) {
    this.clock = clock;
    this.callback = callback;
    this.scheduled = false;
    this.at = 0;
  }

  schedule(nanos) {
    this.cancel();
    this.at = this.clock.nanos + nanos;
    this.scheduled = true;
    this.clock.insert(this);
  }

  cancel() {
    if (this.scheduled) this.clock.remove(this);
    this.scheduled = false;
  }
}

export class CycleClock {
  constructor() {
    this.core = null;
    this.slept = 0;
    this.alarms = [];
    this.deadline = Infinity; // In cycles of the core, where the next alarm is due.
  }

  get nanos() { return this.slept + (this.core ? this.core.cycles * CYCLE_NANOS : 0); }
  get micros() { return this.nanos / 1000; }
  get nanosToNextAlarm() { return this.alarms.length ? Math.max(0, this.alarms[0].at - this.nanos) : Infinity; }
  createAlarm(callback) { return new Alarm(this, callback); }

  insert(alarm) {
    let at = this.alarms.length;
    while (at > 0 && this.alarms[at - 1].at > alarm.at) at--;
    this.alarms.splice(at, 0, alarm);
    this.look();
  }

  remove(alarm) {
    const at = this.alarms.indexOf(alarm);
    if (at >= 0) this.alarms.splice(at, 1);
    this.look();
  }

  look() {
    this.deadline = this.alarms.length ? (this.alarms[0].at - this.slept) / CYCLE_NANOS : Infinity;
  }

  // Run what is due.
  fire() {
    const now = this.nanos;
    for (let count = 0; count < MOST_ALARMS && this.alarms.length && this.alarms[0].at <= now; count++) {
      const alarm = this.alarms.shift();
      alarm.scheduled = false;
      alarm.callback();
    }
    this.look();
  }

  sleep(nanos) {
    this.slept += nanos;
    this.look();
    this.fire();
  }
}
