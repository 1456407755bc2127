"""What runs inside Blender: `bpy` and the standard library only, Blender 3.4 to 5.

`messages` is shared with the project's side; nothing else here may be imported outside Blender.
"""
