"""A small front to shader trees that hides the differences between Blender 3.4 and 5."""

import warnings

import bpy


class Tree:
    """An empty shader tree being filled."""

    def __init__(self, tree):
        self.tree = tree
        tree.nodes.clear()

    def add(self, kind, operation=None, **inputs):
        """Add ``ShaderNode<kind>``; inputs are constants or output sockets, by socket name (``_`` for a blank)."""
        node = self.tree.nodes.new(f"ShaderNode{kind}")
        if operation:
            node.operation = operation
        for name, value in inputs.items():
            self.feed(node.inputs[name.replace("_", " ")], value)
        return node

    def feed(self, socket, value):
        """Link an output socket, or set a constant (colours get their alpha)."""
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif socket.type == "RGBA":
            socket.default_value = (*value[:3], 1.0)
        else:
            socket.default_value = value

    def math(self, operation, first, second):
        """Scalar arithmetic."""
        node = self.add("Math", operation=operation)
        self.feed(node.inputs[0], first)
        self.feed(node.inputs[1], second)
        return node.outputs[0]

    def noise(self, vector, scale, detail):
        """Value noise in 0..1, mean 0.5."""
        node = self.add("TexNoise", Vector=vector, Scale=scale, Detail=detail, Roughness=0.6)
        return node.outputs[0]  # "Fac", "Factor" in later versions

    def ramp(self, factor, stops):
        """Colour by a scalar through ``(position, colour)`` stops."""
        node = self.add("ValToRGB")
        self.feed(node.inputs[0], factor)
        elements = node.color_ramp.elements
        for position, colour in stops[len(elements) :]:
            elements.new(position).color = (*colour, 1.0)
        for element, (position, colour) in zip(elements, stops, strict=True):
            element.position, element.color = position, (*colour, 1.0)
        return node.outputs["Color"]

    def mix_colour(self, factor, first, second):
        """Linear blend of two colours."""
        node = self.tree.nodes.new("ShaderNodeMix")
        node.data_type = "RGBA"
        # The node keeps one set of sockets per data type under the same names: pick by type.
        a, b = (socket for socket in node.inputs if socket.type == "RGBA")
        self.feed(node.inputs[0], factor)
        self.feed(a, first)
        self.feed(b, second)
        return next(socket for socket in node.outputs if socket.type == "RGBA")

    def mix_shader(self, factor, first, second):
        """Blend of two shaders."""
        node = self.tree.nodes.new("ShaderNodeMixShader")
        for socket, value in zip(node.inputs, (factor, first, second), strict=True):
            self.feed(socket, value)
        return node.outputs[0]

    def output(self, kind, name, socket):
        """End the tree in ``ShaderNodeOutput<kind>``."""
        self.tree.links.new(socket, self.add(f"Output{kind}").inputs[name])


def tree_of(owner):
    """Return an empty tree of a material or world."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # needed up to 4, deprecated from 5, gone in 6
        if hasattr(owner, "use_nodes"):
            owner.use_nodes = True
    return Tree(owner.node_tree)
