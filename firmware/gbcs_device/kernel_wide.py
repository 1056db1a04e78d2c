"""The field machine's kernel for 64-bit ports, in viper: 32-bit limbs, 64-bit products.

What `run` does is told in `field_machine`.
"""

# pyright: reportUndefinedVariable=false

import micropython


@micropython.viper
def _run(t: uint, y: uint, a: ptr32, code: ptr8, registers: ptr8, pc: int) -> int:
    # The first three parameters are there to live in the processor's registers.
    pc <<= 2
    base = uint(registers)
    # Of the program that was called: where it starts, how often it still runs, who called it.
    start = 0
    times = 1
    caller = 0
    product = ptr32(base)
    while True:
        d = ptr32(base + (uint(code[pc]) << 5))
        a = ptr32(base + (uint(code[pc + 1]) << 5))
        b = ptr32(base + (uint(code[pc + 2]) << 5))
        k = code[pc + 3]
        pc += 4
        if k == 0:
            r = product
            i = 0
            while i < 8:
                r[i] = 0
                i += 1
            i = 0
            while i < 8:
                y = uint(b[i])
                i += 1
                t = uint(a[0]) * y + uint(r[0])
                r[0] = t
                t = (t >> 32) + uint(a[1]) * y + uint(r[1])
                r[1] = t
                t = (t >> 32) + uint(a[2]) * y + uint(r[2])
                r[2] = t
                t = (t >> 32) + uint(a[3]) * y + uint(r[3])
                r[3] = t
                t = (t >> 32) + uint(a[4]) * y + uint(r[4])
                r[4] = t
                t = (t >> 32) + uint(a[5]) * y + uint(r[5])
                r[5] = t
                t = (t >> 32) + uint(a[6]) * y + uint(r[6])
                r[6] = t
                t = (t >> 32) + uint(a[7]) * y + uint(r[7])
                r[7] = t
                r[8] = t >> 32
                r = ptr32(uint(r) + 4)
            # FIPS 186-4, D.2.3: a column for each limb of 2**256's multiples.
            a = product
            s = a[0] + a[8] + a[9] - a[11] - a[12] - a[13] - a[14]
            d[0] = s
            s = (s >> 32) + a[1] + a[9] + a[10] - a[12] - a[13] - a[14] - a[15]
            d[1] = s
            s = (s >> 32) + a[2] + a[10] + a[11] - a[13] - a[14] - a[15]
            d[2] = s
            s = (s >> 32) + a[3] + ((a[11] + a[12]) << 1) + a[13] - a[15] - a[8] - a[9]
            d[3] = s
            s = (s >> 32) + a[4] + ((a[12] + a[13]) << 1) + a[14] - a[9] - a[10]
            d[4] = s
            s = (s >> 32) + a[5] + ((a[13] + a[14]) << 1) + a[15] - a[10] - a[11]
            d[5] = s
            s = (s >> 32) + a[6] + ((a[14] + a[15]) << 1) + a[14] + a[13] - a[8] - a[9]
            d[6] = s
            s = (s >> 32) + a[7] + (a[15] << 1) + a[15] + a[8] - a[10] - a[11] - a[12] - a[13]
            d[7] = s
            s >>= 32
        elif k == 1:
            times -= 1
            if times:
                pc = start
            elif caller:
                pc = caller
                caller = 0
                times = 1
            else:
                return 0
            s = 0
        elif k == 2:
            s = a[0]
            if s == 0 or (s + 1) >> 32:
                if caller:
                    pc = caller
                return pc >> 2
            s = 0
        elif k == 3:
            i = code[pc - 4]
            if i != 255:
                a = ptr32(base + uint(416 + (i >> 5 << 3)))
                a = ptr32((uint(a[0]) | uint(a[1]) << 32) + uint((i & 31) << 6))
                called = ptr32(base + uint(288))
                i = 0
                while i < 16:
                    called[i] = a[i]
                    i += 1
            caller = pc
            times = code[pc - 3]
            start = code[pc - 2] << 2
            pc = start
            s = 0
        else:
            k -= 128
            i = 0
            s = 0
            while i < 8:
                s += a[i] + b[i] * k
                d[i] = s
                s >>= 32
                i += 1
        while s:
            k = s
            s += d[0]
            d[0] = s
            s = (s >> 32) + d[1]
            d[1] = s
            s = (s >> 32) + d[2]
            d[2] = s
            s = (s >> 32) + d[3] - k
            d[3] = s
            s = (s >> 32) + d[4]
            d[4] = s
            s = (s >> 32) + d[5]
            d[5] = s
            s = (s >> 32) + d[6] - k
            d[6] = s
            s = (s >> 32) + d[7] + k
            d[7] = s
            s >>= 32


def run(code: bytes, registers: bytearray, at: int) -> int:
    """Run programs on the registers; see `field_machine`."""
    return _run(0, 0, 0, code, registers, at)
