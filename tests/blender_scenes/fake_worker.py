"""Stands in for Blender: speaks the protocol, and fails as its command line says.

``fake_worker.py COUNTER [die N]``: `COUNTER` is a file that gets one line per command; ``die N`` ends
the process on the first N renders (counted over all processes).
"""

import io
import sys
from pathlib import Path

from PIL import Image

from blender_scenes.inside_blender.messages import read_message, write_message


def main():
    counter, deaths = Path(sys.argv[1]), int(sys.argv[3]) if "die" in sys.argv else 0
    sys.stdout.write("Blender 9.9.9 prints a banner\n")
    sys.stdout.flush()
    write_message(sys.stdout.buffer, {"version": "9.9.9", "denoiser": False})
    while True:
        header, _ = read_message(sys.stdin.buffer)
        with counter.open("a") as log:
            log.write(header["command"] + "\n")
        if header["command"] == "read":
            write_message(sys.stdout.buffer, {"error": "RuntimeError: not a blend file"})
            continue
        if header["command"] == "render" and counter.read_text().split().count("render") <= deaths:
            print("Segmentation fault in Cycles", file=sys.stderr, flush=True)
            sys.exit(11)
        png = io.BytesIO()
        Image.new("RGB", (4, 3), (header.get("samples", 0), 0, 0)).save(png, "PNG")
        write_message(sys.stdout.buffer, {}, {"png": ("B", png.getvalue())})


main()
