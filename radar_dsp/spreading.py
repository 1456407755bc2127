"""Spreading of plane waves onto a grid of delays and direction cosines: the inner loops of the channel (numba).

A wave at a place between the cells is replaced by ``WIDTH`` cells along each axis, weighted with the kernel of
`radar_dsp.kaiser_bessel`. Phases and places are worked out in float64; only weights and cells are float32, which keeps
1e-7 of each sum.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from radar_dsp.kaiser_bessel import DEGREE, HALF, WIDTH

LANES = 2 * WIDTH  # real and imaginary parts of one row of cells
BLOCK = 8  # planes that are turned over to lines of delay together: one cache line


def _vector(context, builder, kind, array, at, count):
    """Pointer to `count` consecutive elements of an array as one vector."""
    start = builder.gep(context.make_array(kind)(context, builder, array).data, [at])
    return builder.bitcast(start, ir.VectorType(ir.FloatType(), count).as_pointer())


def _repeat(builder, value, count):
    """Vector of one value."""
    undefined = ir.Constant(ir.VectorType(ir.FloatType(), count), ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), count), [0] * count)
    return builder.shuffle_vector(first, undefined, zeros)


def _multiply_add(builder, a, b, c):
    """Compute ``a * b + c``, fused where the processor can."""
    return builder.fadd(builder.fmul(a, b, flags=("contract",)), c, flags=("contract",))


# The compiler cannot know that two arrays do not overlap and would take the next two one number at a time,
# three times slower over all: so they say which vectors they mean.


@intrinsic
def _add_scaled(_typing, cells, at, row, weight):
    """``cells[at : at + LANES] += weight * row``."""

    def generate(context, builder, signature, arguments):
        target = _vector(context, builder, signature.args[0], arguments[0], arguments[1], LANES)
        source = _vector(context, builder, signature.args[2], arguments[2], ir.Constant(ir.IntType(64), 0), LANES)
        factor = _repeat(builder, arguments[3], LANES)
        total = _multiply_add(builder, factor, builder.load(source, align=4), builder.load(target, align=4))
        builder.store(total, target, align=4)
        return context.get_dummy_value()

    return types.void(cells, types.uint64, row, types.float32), generate


@intrinsic
def _evaluate(_typing, table, z, weights):
    """``weights[:] = polynomials of the table at z``."""

    def generate(context, builder, signature, arguments):
        def row(number):
            at = ir.Constant(ir.IntType(64), number * WIDTH)
            return builder.load(_vector(context, builder, signature.args[0], arguments[0], at, WIDTH), align=4)

        at, value = _repeat(builder, arguments[1], WIDTH), row(0)
        for number in range(1, DEGREE + 1):
            value = _multiply_add(builder, value, at, row(number))
        start = ir.Constant(ir.IntType(64), 0)
        builder.store(value, _vector(context, builder, signature.args[2], arguments[2], start, WIDTH), align=4)
        return context.get_dummy_value()

    return types.void(table, types.float32, weights), generate


@njit(cache=True, nogil=True)
def _place(turns, count, table, weights):
    """Fill in the weights of one wave along one axis of `count` cells; index of the first in the padded grid."""
    position = (turns - np.floor(turns)) * count
    first = np.ceil(position - HALF)
    _evaluate(table, np.float32(first + HALF - position), weights)
    return np.uint64(first + HALF)


@njit(cache=True, nogil=True)
def spread(cells, counts, waves, time, scale, tables):
    """Add waves to a grid.

    Parameters
    ----------
    cells : (2 (delays + WIDTH) (ups + WIDTH) (rights + WIDTH),) float32
        The padded grid, real and imaginary parts in turn; cell q of an axis is at index q + HALF.
    counts : tuple of three int
        Cells over delay, up and right, without the padding; at least WIDTH each.
    waves : Waves
    time : float
        [s].
    scale : Scale
    tables : tuple of three (DEGREE + 1, WIDTH) float32
        Over delay, up and right.

    Returns
    -------
    first, last : int
        Planes of delay that were touched, the last one excluded.
    """
    weights = np.empty((3, WIDTH), np.float32)
    over_delay, over_up, over_right = weights[0], weights[1], weights[2]
    row = np.empty(LANES, np.float32)
    line = np.uint64(2 * (counts[2] + WIDTH))
    plane = np.uint64(counts[1] + WIDTH) * line
    lowest, highest = np.uint64(counts[0] + WIDTH), np.uint64(0)
    for i in range(len(waves.gain)):
        delay = waves.delay[i] + time * (waves.rate[i] + 0.5 * time * waves.acceleration[i])
        up, right = scale.spacing * waves.up[i], scale.spacing * waves.right[i]
        turns = scale.up * up + scale.right * right - scale.carrier * delay
        value = waves.gain[i] * np.exp(2j * np.pi * (turns - np.rint(turns)))
        first = _place(-scale.tone_spacing * delay, counts[0], tables[0], over_delay)
        start = first * plane + np.uint64(2) * _place(right, counts[2], tables[2], over_right)
        start += _place(up, counts[1], tables[1], over_up) * line
        for j in range(WIDTH):
            row[2 * j] = over_right[j] * value.real
            row[2 * j + 1] = over_right[j] * value.imag
        for j in range(WIDTH):
            for k in range(WIDTH):
                _add_scaled(cells, start + np.uint64(j) * plane + np.uint64(k) * line, row, over_delay[j] * over_up[k])
        lowest, highest = min(lowest, first), max(highest, first + np.uint64(WIDTH))
    return lowest, highest


@njit(cache=True, nogil=True)
def turn_over(beams, first, weights, profile):
    """Add the modes of planes first, first + 1 ... of delay, weighted, to (rows, columns, delays)."""
    rows, columns, delays = profile.shape
    for start in range(0, len(beams), BLOCK):
        for row in range(rows):
            up = (row - rows // 2) % beams.shape[1]
            for column in range(columns):
                right = (column - columns // 2) % beams.shape[2]
                weight = weights[row, column]
                for plane in range(start, min(start + BLOCK, len(beams))):
                    profile[row, column, (first + plane) % delays] += weight * beams[plane, up, right]


@njit(cache=True, nogil=True)
def blend(channels, weights):
    """Weighted sum of channels.

    Parameters
    ----------
    channels : (num_nodes, rows, columns, subcarriers) complex64
    weights : (num_nodes,) float32

    Returns
    -------
    (rows, columns, subcarriers) complex64
    """
    _, rows, columns, tones = channels.shape
    total = np.zeros((rows, columns, tones), np.complex64)
    for row in range(rows):
        for column in range(columns):
            line = total[row, column]
            for node in range(len(channels)):
                values, weight = channels[node, row, column], weights[node]
                for tone in range(tones):
                    line[tone] += weight * values[tone]
    return total
