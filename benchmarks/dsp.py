"""All speed and memory figures of the signal processing in one run.

``python benchmarks/dsp.py [--sionna-python PYTHON]``, see `benchmarks/csi.py`.
"""

import cfar
import csi

if __name__ == "__main__":
    cfar.main()
    csi.main()
