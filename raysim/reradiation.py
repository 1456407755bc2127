"""What one hit sends towards a point, and what the receiver takes of it: on plain numbers, see `raysim.hits`."""

import numpy as np
from numba import njit
from scipy.constants import pi

from raysim.antenna import Pattern, amplitude_gain, antenna_gain
from raysim.fresnel import scattered_field
from raysim.scattering import (
    CANOPY,
    bare_weight,
    cell_draw,
    cell_phasor,
    coherent_weight,
    diffuse_weight,
    footprint_bend,
    footprint_step,
    in_body,
    is_resolved,
    lobe_density,
    mirror_power,
    phase_turn,
)
from raysim.terminals import polarisation
from raysim.vectors import cross, dot, norm, power, row


@njit(cache=True, error_model="numpy")
def coherent_field(tube, hit, surface, gamma, wavelength, back, s, fronts):
    """Physical-optics field that a hit sends to a point at distance `s` [m] along `back`: transverse to it.

    Parameters
    ----------
    tube, hit, surface : Tube, Hit, Surface
        The tube as it arrives.
    gamma : tuple of 2 complex
        `reflection` at the hit.
    wavelength : float
        [m].
    back : tuple of 3 float
    s : float
    fronts : tuple of 2 float
        Curvatures of the waves that come in and go back [1/m]: one over their lengths.

    Returns
    -------
    tuple of 3 complex
        Antennas of the transmitter in. 0 where the phase across the tube turns too fast, see `raysim.scattering`.
    """
    k, cos_out = 2 * pi / wavelength, dot(back, hit.normal)
    turn_u = phase_turn(tube.axis_u, tube.direction, hit.normal, hit.cosine, hit.length, back)
    if not is_resolved(k * turn_u):
        return 0.0j, 0.0j, 0.0j
    turn_v = phase_turn(tube.axis_v, tube.direction, hit.normal, hit.cosine, hit.length, back)
    if not is_resolved(k * turn_v):
        return 0.0j, 0.0j, 0.0j
    omega = norm(cross(tube.axis_u, tube.axis_v))
    weight = coherent_weight(omega, k, turn_u, turn_v, hit.length, s, hit.cosine, cos_out)
    rho = np.sqrt(mirror_power(surface.scattering, k * surface.rms_height, hit.cosine + cos_out))
    out = scattered_field(tube.field, tube.direction, back, hit.normal, gamma[0], gamma[1])
    # the physical-optics integral's factor j: direct paths, diffraction and echoes share one absolute phase
    step_u = footprint_step(tube.axis_u, tube.direction, hit.normal, hit.cosine, hit.length)
    step_v = footprint_step(tube.axis_v, tube.direction, hit.normal, hit.cosine, hit.length)
    bend = footprint_bend(k, step_u, step_v, tube.direction, back, fronts)
    amplitude = rho * complex(-bare_weight(omega, hit.length, s, hit.cosine, cos_out) * bend, weight)
    return amplitude * out[0], amplitude * out[1], amplitude * out[2]


@njit(cache=True, error_model="numpy")
def diffuse_amplitude(tube, hit, surface, gamma, wavelength, back, s):
    """Amplitude of the diffuse echo of a hit at a point at distance `s` [m] along `back`; parameters as above."""
    diffuse_power = 1.0 - mirror_power(surface.scattering, 2 * pi / wavelength * surface.rms_height, 2 * hit.cosine)
    if diffuse_power <= 0:
        return 0.0
    incident = power(tube.field[0]) + power(tube.field[1]) + power(tube.field[2])
    albedo = surface.lobe[2] if surface.lobe[0] == CANOPY else (power(gamma[0]) + power(gamma[1])) / 2
    omega = norm(cross(tube.axis_u, tube.axis_v))
    density = lobe_density(surface.lobe, tube.direction, hit.cosine, back, dot(back, hit.normal))
    return diffuse_weight(omega, wavelength, incident * diffuse_power * albedo, s, density)


@njit(cache=True, error_model="numpy", inline="always")
def scattered(tube, hit, surface, gamma, receiver, bodies, part, back, s, fronts):
    """Field and diffuse echo that a hit sends to a point at distance `s` along `back`, the receiver's antenna aside.

    Parameters
    ----------
    tube, hit, surface, gamma, back, s, fronts
        As for `coherent_field`.
    receiver : Receiver
    bodies : Bodies
    part : int
        Of the hit.

    Returns
    -------
    coherent : tuple of 3 complex
        Transverse to `back`.
    diffuse : complex
        Amplitude in the receiver's polarisation.
    """
    coherent, diffuse = (0.0j, 0.0j, 0.0j), 0.0j
    if dot(back, hit.normal) > 0:
        if receiver.coherent:
            coherent = coherent_field(tube, hit, surface, gamma, receiver.wavelength, back, s, fronts)
        if receiver.diffuse_share > 0:
            amplitude = receiver.diffuse_share * diffuse_amplitude(
                tube, hit, surface, gamma, receiver.wavelength, back, s
            )
            if amplitude > 0:
                draw = cell_draw(in_body(hit.point, bodies.pose, part), tube.cell, part, receiver.seed)
                diffuse = amplitude * cell_phasor(draw)
    return coherent, diffuse


@njit(cache=True, error_model="numpy", inline="always")
def received(receiver, toward, coherent, diffuse):
    """Amplitude at the receiver's terminals of a field that arrives from the direction `toward`."""
    right, down, forward = row(receiver.axes, 0), row(receiver.axes, 1), row(receiver.axes, 2)
    pattern = receiver.antenna.pattern
    if pattern <= Pattern.TR38901:  # the usual ones need no table's array handed on
        antenna = amplitude_gain(pattern, toward, right, down, forward)
    else:
        antenna = antenna_gain(receiver.antenna, toward, right, down, forward)
    if coherent[0] == 0 and coherent[1] == 0 and coherent[2] == 0:
        return antenna * diffuse
    return antenna * (dot(polarisation(toward, down, receiver.horizontal), coherent) + diffuse)
