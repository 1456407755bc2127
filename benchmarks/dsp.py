"""All speed and memory figures of the signal processing in one run: python benchmarks/dsp.py."""

import cfar
import csi

if __name__ == "__main__":
    csi.main()
    cfar.main()
