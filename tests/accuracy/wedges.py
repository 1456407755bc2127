"""Wedge diffraction against the exact series."""

import numpy as np
from scipy.special import hankel2

from tests.accuracy.rows import Row, worst_row
from tests.raysim.test_utd import LINE_SOURCE, line_source_diffraction, optics, ref_biot_tolstoy, ref_wedge_series
from tests.raysim.test_utd import point_field as uniform_point_field

BAR = 0.3
FLOOR = 0.1  # of the free field: errors are read in dB down to 20 dB under it


def series_error(n: float, k_rho: float, step: float) -> float:
    """Largest error [dB] of the total field around a wedge, both polarisations, observers `step` degrees apart."""
    worst, free = 0.0, abs(hankel2(0, LINE_SOURCE + k_rho))
    for reflection in (-1, 1):
        for phi_in in np.deg2rad([15.0, 45.0, 75.0, 105.0]):
            for phi_out in np.deg2rad(np.arange(0.5, 180 * n, step)):
                exact = ref_wedge_series(n, k_rho, phi_in, phi_out, reflection)
                got = optics(n, k_rho, phi_in, phi_out, reflection)
                got += line_source_diffraction(n, k_rho, phi_in, phi_out, reflection)
                if abs(exact) > FLOOR * free:
                    worst = max(worst, abs(20 * np.log10(abs(got / exact))))
    return worst


def oblique_error(n: float, dz: float) -> float:
    """Largest error [dB] for a point source aslant to the edge."""
    k, rho_in, rho_out, worst = 20.0, 1.7, 1.0, 0.0
    free = 1 / np.hypot(rho_in + rho_out, dz)
    for reflection in (-1, 1):
        for phi_in in np.deg2rad([25.0, 80.0]):
            for phi_out in np.deg2rad(np.linspace(5.0, 180 * n - 5.0, 24)):
                direct, diffracted = uniform_point_field(n, k, rho_in, phi_in, rho_out, phi_out, dz, reflection)
                exact = direct + ref_biot_tolstoy(n, k, rho_in, phi_in, rho_out, phi_out, dz, reflection)
                if abs(exact) > FLOOR * free:
                    worst = max(worst, abs(20 * np.log10(abs((direct + diffracted) / exact))))
    return worst


def rows() -> list[Row]:
    """UTD beside optics, conducting wedges, both polarisations, where the field is within 20 dB of the free one."""
    found = []
    for n, name in ((2.0, "half plane"), (1.75, "wedge of 45 degrees"), (1.5, "right angle"), (1.25, "135 degrees")):
        worst = max(series_error(n, k_rho, 3.0) for k_rho in (6.0, 12.0, 25.0))
        case = f"{name}, line source 4.8 wavelengths away, observer 1-4 wavelengths"
        found.append(worst_row(case, "series of Bessel functions", worst, BAR, "dB"))
    worst = max(oblique_error(n, dz) for n, dz in ((2.0, 0.0), (1.5, 1.5), (1.5, 4.0), (1.3, 3.0)))
    case = "point source aslant, edge met at 34-90 degrees, 3-5 wavelengths away"
    return [*found, worst_row(case, "Biot-Tolstoy by steepest descent", worst, BAR, "dB")]
