"""OFDM radar signal processing: numerology, CSI, noise, maps, plots and the radar-dsp command."""
