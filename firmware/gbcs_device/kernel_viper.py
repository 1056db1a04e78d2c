"""The field machine's kernel for any port with native code, in viper: 16-bit limbs.

What `run` does is told in `field_machine`. It is several functions because a branch of Thumb
code reaches no further than 2 KB.
"""

# pyright: reportUndefinedVariable=false

import micropython


@micropython.viper
def _multiply(t: uint, y: int, a: ptr16, b: ptr16, r: ptr16):
    # The first two parameters are there to live in the processor's registers.
    i = 16
    while i:
        i -= 1
        r[i] = 0
    while i < 16:
        y = int(b[i])
        i += 1
        t = uint(a[0] * y + r[0])
        r[0] = t
        t = (t >> 16) + uint(a[1] * y) + uint(r[1])
        r[1] = t
        t = (t >> 16) + uint(a[2] * y) + uint(r[2])
        r[2] = t
        t = (t >> 16) + uint(a[3] * y) + uint(r[3])
        r[3] = t
        t = (t >> 16) + uint(a[4] * y) + uint(r[4])
        r[4] = t
        t = (t >> 16) + uint(a[5] * y) + uint(r[5])
        r[5] = t
        t = (t >> 16) + uint(a[6] * y) + uint(r[6])
        r[6] = t
        t = (t >> 16) + uint(a[7] * y) + uint(r[7])
        r[7] = t
        t = (t >> 16) + uint(a[8] * y) + uint(r[8])
        r[8] = t
        t = (t >> 16) + uint(a[9] * y) + uint(r[9])
        r[9] = t
        t = (t >> 16) + uint(a[10] * y) + uint(r[10])
        r[10] = t
        t = (t >> 16) + uint(a[11] * y) + uint(r[11])
        r[11] = t
        t = (t >> 16) + uint(a[12] * y) + uint(r[12])
        r[12] = t
        t = (t >> 16) + uint(a[13] * y) + uint(r[13])
        r[13] = t
        t = (t >> 16) + uint(a[14] * y) + uint(r[14])
        r[14] = t
        t = (t >> 16) + uint(a[15] * y) + uint(r[15])
        r[15] = t
        r[16] = t >> 16
        r = ptr16(uint(r) + 2)


@micropython.viper
def _reduce(a: ptr16, s: int, d: ptr16) -> int:
    # FIPS 186-4, D.2.3: a column for each limb of 2**256's multiples.
    s = a[0] + a[16] + a[18] - a[22] - a[24] - a[26] - a[28]
    d[0] = s
    s = (s >> 16) + a[1] + a[17] + a[19] - a[23] - a[25] - a[27] - a[29]
    d[1] = s
    s = (s >> 16) + a[2] + a[18] + a[20] - a[24] - a[26] - a[28] - a[30]
    d[2] = s
    s = (s >> 16) + a[3] + a[19] + a[21] - a[25] - a[27] - a[29] - a[31]
    d[3] = s
    s = (s >> 16) + a[4] + a[20] + a[22] - a[26] - a[28] - a[30]
    d[4] = s
    s = (s >> 16) + a[5] + a[21] + a[23] - a[27] - a[29] - a[31]
    d[5] = s
    s = (s >> 16) + a[6] + ((a[22] + a[24]) << 1) + a[26] - a[30] - a[16] - a[18]
    d[6] = s
    s = (s >> 16) + a[7] + ((a[23] + a[25]) << 1) + a[27] - a[31] - a[17] - a[19]
    d[7] = s
    s = (s >> 16) + a[8] + ((a[24] + a[26]) << 1) + a[28] - a[18] - a[20]
    d[8] = s
    s = (s >> 16) + a[9] + ((a[25] + a[27]) << 1) + a[29] - a[19] - a[21]
    d[9] = s
    s = (s >> 16) + a[10] + ((a[26] + a[28]) << 1) + a[30] - a[20] - a[22]
    d[10] = s
    s = (s >> 16) + a[11] + ((a[27] + a[29]) << 1) + a[31] - a[21] - a[23]
    d[11] = s
    s = (s >> 16) + a[12] + ((a[28] + a[30]) << 1) + a[28] + a[26] - a[16] - a[18]
    d[12] = s
    s = (s >> 16) + a[13] + ((a[29] + a[31]) << 1) + a[29] + a[27] - a[17] - a[19]
    d[13] = s
    s = (s >> 16) + a[14] + (a[30] << 1) + a[30] + a[16] - a[20] - a[22] - a[24] - a[26]
    d[14] = s
    s = (s >> 16) + a[15] + (a[31] << 1) + a[31] + a[17] - a[21] - a[23] - a[25] - a[27]
    d[15] = s
    return s >> 16


@micropython.viper
def _combine(s: int, k: int, a: ptr16, b: ptr16, d: ptr16) -> int:
    i = 0
    while i < 16:
        s += a[i] + b[i] * k
        d[i] = s
        s >>= 16
        i += 1
    return s


@micropython.viper
def _fold(s: int, k: int, d: ptr16):
    # What lies above 2**256 comes back as 2**224 - 2**192 - 2**96 + 1 times it.
    while s:
        k = s
        s += d[0]
        d[0] = s
        s = (s >> 16) + d[1]
        d[1] = s
        s = (s >> 16) + d[2]
        d[2] = s
        s = (s >> 16) + d[3]
        d[3] = s
        s = (s >> 16) + d[4]
        d[4] = s
        s = (s >> 16) + d[5]
        d[5] = s
        s = (s >> 16) + d[6] - k
        d[6] = s
        s = (s >> 16) + d[7]
        d[7] = s
        s = (s >> 16) + d[8]
        d[8] = s
        s = (s >> 16) + d[9]
        d[9] = s
        s = (s >> 16) + d[10]
        d[10] = s
        s = (s >> 16) + d[11]
        d[11] = s
        s = (s >> 16) + d[12] - k
        d[12] = s
        s = (s >> 16) + d[13]
        d[13] = s
        s = (s >> 16) + d[14] + k
        d[14] = s
        s = (s >> 16) + d[15]
        d[15] = s
        s >>= 16


@micropython.viper
def run(code: ptr8, registers: ptr8, at: int) -> int:
    """Run programs on the registers; see `field_machine`."""
    pc = at << 2
    base = int(registers)
    # Of the program that was called: where it starts, how often it still runs, who called it.
    start = 0
    times = 1
    caller = 0
    multiply = _multiply
    reduce = _reduce
    combine = _combine
    fold = _fold
    while True:
        d = base + (code[pc] << 5)
        a = base + (code[pc + 1] << 5)
        k = code[pc + 3]
        if k == 1:
            times -= 1
            if times:
                pc = start
            elif caller:
                pc = caller
                caller = 0
                times = 1
            else:
                return 0
            continue
        if k == 3:
            start = code[pc + 2] << 2
            times = code[pc + 1]
            caller = pc + 4
            pc = start
            i = code[caller - 4]
            if i != 255:
                words = ptr16(base + 416 + (i >> 5 << 3))
                at = words[0] | words[1] << 16 | words[2] << 32 | words[3] << 48
                words = ptr16(at + ((i & 31) << 6))
                called = ptr16(base + 288)
                i = 0
                while i < 32:
                    called[i] = words[i]
                    i += 1
            continue
        if k == 2:
            limbs = ptr16(a)
            if limbs[0] + limbs[1] == 0 or limbs[0] & limbs[1] == 0xFFFF:
                if caller:
                    return caller >> 2
                return (pc >> 2) + 1
        else:
            b = base + (code[pc + 2] << 5)
            if k == 0:
                multiply(0, 0, a, b, base)
                carry = int(reduce(base, 0, d))
            else:
                carry = int(combine(0, k - 128, a, b, d))
            if carry:
                fold(carry, 0, d)
        pc += 4
