"""Named sounding grids, each as what differs from the defaults of `RadarConfig`.

Occupied subcarriers are those of 3GPP TS 38.101-2, Tab. 5.3.2-1 and 5.3.2-2 (12 per resource block). Where the
comb is larger than one, it is the largest that keeps 312 m or more unambiguous. The symbols used are 250 us
apart in all of them, so that maps of different numerologies share one velocity axis.
"""

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    # The paper's 800 MHz in one piece: more than one NR carrier may have at 28 GHz, an idealisation.
    "maxray": {},
    # 16 ms instead of 8 ms: a crossing car leaves the Doppler cell of the clutter at half the radial speed.
    "fine-doppler": {"num_symbols": 64},
    # 264 resource blocks in 200 MHz.
    "nr-60": {"subcarrier_spacing": 60e3, "comb": 8, "num_subcarriers": 396, "timing": "nr"},
    # 264 resource blocks in 400 MHz, the widest single carrier below 52.6 GHz.
    "nr-120": {"subcarrier_spacing": 120e3, "comb": 4, "num_subcarriers": 792, "timing": "nr"},
    # NR sends only synchronisation blocks at 240 kHz; here the occupied width of nr-120 at twice the spacing.
    "nr-240": {"subcarrier_spacing": 240e3, "comb": 2, "num_subcarriers": 792, "timing": "nr"},
    # 124 resource blocks in 800 MHz; NR allows this spacing from 52.6 GHz only, so at 60 GHz (band n263).
    "nr-480": {
        "carrier_frequency": 60e9,
        "subcarrier_spacing": 480e3,
        "comb": 1,
        "num_subcarriers": 1488,
        "timing": "nr",
    },
    # Two 400 MHz carriers side by side: 3168 subcarriers, twice the 9.86 MHz guard (164 subcarriers), 3168.
    "two-carriers": {"comb": 4, "num_subcarriers": 1625, "gap_subcarriers": 41, "timing": "nr"},
}
