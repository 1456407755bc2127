"""Reflection from and transmission through flat panels of several layers: walls, windows, car glass.

Signs and bases are those of `raysim.fresnel`: time factor exp(+j w t), TM along k x e_te on both sides, so that a thin
panel of air has the coefficients R = 0, T = 1 in both polarisations. Air is on both sides. The layers are folded
together from the far side, so a thick lossy layer never overflows, as a product of transfer matrices would.
"""

import numpy as np
from numba import njit
from scipy.constants import c, epsilon_0, mu_0, pi

from raysim.fresnel import fresnel, ratio, root_of

COATING_THICKNESS = 1e-8  # [m] metal films on glass: thin against the skin depth, so only their resistance matters
FREE_SPACE_IMPEDANCE = mu_0 * c  # [ohm]


@njit(cache=True, error_model="numpy", nogil=True)
def normal_wavenumber(permittivity, cos_incidence):
    """Component of the wave vector across a layer, over the free-space wavenumber.

    Parameters
    ----------
    permittivity : complex
        Of the layer [1].
    cos_incidence : float
        Cosine of the angle between ray and normal in air, in (0, 1].

    Returns
    -------
    complex
        [1], on the branch that decays away from the source.
    """
    square = permittivity - (1.0 - cos_incidence * cos_incidence)
    root = root_of(square) if square.real > 0.0 else np.sqrt(square)
    return -root if root.imag > 0.0 else root


@njit(cache=True, error_model="numpy", inline="always")
def _layer_phase(thickness, wavelength, normal):
    """Factor exp(-j k normal thickness) of a layer."""
    angle = -2 * pi / wavelength * thickness
    fall, turn = np.exp(-angle * normal.imag), angle * normal.real
    return complex(fall * np.cos(turn), fall * np.sin(turn))


@njit(cache=True, error_model="numpy", nogil=True)
def slab(permittivity, thickness, wavelength, cos_incidence):
    """Coefficients of a panel of layers with air on both sides.

    Parameters
    ----------
    permittivity : (num_layers,) complex128
        Relative permittivity of each layer, first met first [1]; an infinite imaginary part = perfect conductor.
    thickness : (num_layers,) float64
        Of each layer [m].
    wavelength : float
        In air [m].
    cos_incidence : float
        Cosine of the angle between ray and normal, in (0, 1].

    Returns
    -------
    reflection_te, reflection_tm : complex
        At the first face.
    transmission_te, transmission_tm : complex
        Field behind the last face over the field before the first, at the same place along the panel: P.2040's T,
        which holds the phase of the layers.

    References
    ----------
    ITU-R P.2040-4, section 2.2.2, in the recursive form of Born and Wolf, Principles of Optics, section 1.6.
    """
    reflection_te, reflection_tm = 0.0j, 0.0j
    transmission_te, transmission_tm = 1.0 + 0.0j, 1.0 + 0.0j
    after, after_normal = 1.0 + 0.0j, cos_incidence + 0.0j
    for layer in range(len(permittivity) - 1, -2, -1):
        before = permittivity[layer] if layer >= 0 else 1.0 + 0.0j
        if np.isinf(before.imag):
            reflection_te, reflection_tm, transmission_te, transmission_tm = 0.0j, 0.0j, 0.0j, 0.0j
            after = before
            continue
        normal = normal_wavenumber(before, cos_incidence)
        if np.isinf(after.imag):
            face_te, face_tm = -1.0 + 0.0j, 1.0 + 0.0j
        else:
            face_te = (normal - after_normal) / (normal + after_normal)
            face_tm = (after * normal - before * after_normal) / (after * normal + before * after_normal)
        # the stack behind this face, seen through it: multiple reflections between the two
        loop_te, loop_tm = 1.0 + face_te * reflection_te, 1.0 + face_tm * reflection_tm
        transmission_te *= (1.0 + face_te) / loop_te
        transmission_tm *= (1.0 + face_tm) / loop_tm
        reflection_te = (face_te + reflection_te) / loop_te
        reflection_tm = (face_tm + reflection_tm) / loop_tm
        if layer >= 0:
            phase = _layer_phase(thickness[layer], wavelength, normal)
            transmission_te, transmission_tm = transmission_te * phase, transmission_tm * phase
            reflection_te, reflection_tm = reflection_te * phase * phase, reflection_tm * phase * phase
        after, after_normal = before, normal
    return reflection_te, reflection_tm, transmission_te, transmission_tm


@njit(cache=True, error_model="numpy", nogil=True)
def single_slab(permittivity, thickness, wavelength, cos_incidence):
    """Coefficients of a panel of one layer; of the opaque half-space where its thickness is 0.

    Parameters
    ----------
    permittivity : complex
        Relative permittivity [1]; an infinite imaginary part = perfect conductor.
    thickness, wavelength, cos_incidence : float
        As for `slab`.

    Returns
    -------
    reflection_te, reflection_tm, transmission_te, transmission_tm : complex
        As from `slab`. For thickness 0: `raysim.fresnel.fresnel` and no transmission.

    References
    ----------
    ITU-R P.2040-4, eqs. (31), (43), (44).
    """
    te, tm = fresnel(permittivity, cos_incidence)
    if thickness == 0.0 or np.isinf(permittivity.imag):
        return te, tm, 0.0j, 0.0j
    phase = _layer_phase(thickness, wavelength, normal_wavenumber(permittivity, cos_incidence))
    twice, te_twice, tm_twice = phase * phase, te * te, tm * tm
    loop_te, loop_tm = ratio(1.0 + 0j, 1.0 - te_twice * twice), ratio(1.0 + 0j, 1.0 - tm_twice * twice)
    return (
        te * (1.0 - twice) * loop_te,
        tm * (1.0 - twice) * loop_tm,
        (1.0 - te_twice) * phase * loop_te,
        (1.0 - tm_twice) * phase * loop_tm,
    )


@njit(cache=True, error_model="numpy", nogil=True)
def insertion(transmission, thickness, wavelength, cos_incidence):
    """Transmission relative to the air that the panel displaces.

    A ray that crosses a panel drawn as one surface already has the phase of a path through air; multiplying it by this
    puts the panel in without changing its geometry.

    Parameters
    ----------
    transmission : complex
        From `slab`.
    thickness : float
        Of the whole panel [m].
    wavelength, cos_incidence : float
        As for `slab`.

    Returns
    -------
    complex
        1 for a panel of air.
    """
    turn = 2 * pi / wavelength * thickness * cos_incidence
    return transmission * complex(np.cos(turn), np.sin(turn))


def coating(sheet_resistance: float, frequency: float) -> tuple[complex, float]:
    """Layer that stands for a metal film: low-emissivity windows, infrared-reflecting windscreens.

    Parameters
    ----------
    sheet_resistance : float
        [ohm per square]; silver coatings of windows have 2 to 10.
    frequency : float
        [Hz].

    Returns
    -------
    permittivity : complex
        Relative permittivity [1] of a good conductor, `COATING_THICKNESS` thick.
    thickness : float
        [m].
    """
    if not sheet_resistance > 0:
        raise ValueError(f"sheet_resistance must be > 0 ohm per square, got {sheet_resistance}")
    return sheet(FREE_SPACE_IMPEDANCE / sheet_resistance, frequency)


def sheet(admittance: complex, frequency: float) -> tuple[complex, float]:
    """Layer that stands for a sheet without thickness.

    Parameters
    ----------
    admittance : complex
        Sheet admittance times the impedance of free space [1].
    frequency : float
        [Hz].

    Returns
    -------
    permittivity, thickness
        As from `coating`.
    """
    conductivity = admittance / (FREE_SPACE_IMPEDANCE * COATING_THICKNESS)  # [S/m]
    return 1.0 - 1j * conductivity / (2 * pi * frequency * epsilon_0), COATING_THICKNESS
