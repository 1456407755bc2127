"""The application: configuration, generation, the raysim command and the viewer. It alone sees every package."""
