"""All speed and memory figures of the signal processing in one run: python benchmarks/dsp.py."""

import cfar
import csi

if __name__ == "__main__":
    cfar.main()
    csi.main()  # ends with Sionna RT where that is installed, whose compiler ends the process on some machines
