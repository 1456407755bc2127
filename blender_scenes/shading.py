"""Compiled parts of the ray-cast renderer: surfaces at hits, ray directions, light at a point.

The reflection model is the usual one of real-time rendering: Lambert plus GGX with Schlick's Fresnel term, the
environment's share after Karis ("Real Shading in Unreal Engine 4", 2013, and its mobile approximation, 2014).
"""

import numpy as np
from numba import njit

from blender_scenes.sky import AMBIENT, BOUNCE, SUN, SUN_IRRADIANCE, sky_gradient
from blender_scenes.texture import FOLIAGE, textured

# Columns of the material table; the texture row follows.
RED, GREEN, BLUE, METALLIC, ROUGHNESS, TRANSMISSION, EMISSION, COAT, TEXTURE = range(9)

DIELECTRIC = 0.04  # reflectance at normal incidence of paint, plastic and glass
MIRROR_ROUGHNESS = 0.35  # rougher surfaces reflect a smooth sky instead of a traced picture
LEAF_TRANSLUCENCY = 0.45


@njit(cache=True, nogil=True)
def surfaces(origin, direction, distance, triangle, corner, part, rotation, vertices, local, normals):
    """Interpolate the surface where rays hit.

    Parameters
    ----------
    origin, direction : (n, 3) float64
    distance : (n,) float64
    triangle : (n,) int32
        All valid.
    corner : (num_triangles, 3) int32
    part : (num_triangles,) int32
    rotation : (num_parts, 3, 3) float64
    vertices, local, normals : (num_vertices, 3) float64
        In the world; in the part's axes; unit vertex normals in the part's axes.

    Returns
    -------
    (n, 5, 3) float64
        Point, geometric normal, shading normal (both facing the viewer), point and normal in the part's axes.
    """
    out = np.empty((len(distance), 5, 3))
    for i in range(len(distance)):
        a, b, c = corner[triangle[i], 0], corner[triangle[i], 1], corner[triangle[i], 2]
        turn = part[triangle[i]]
        o = out[i]
        ax, ay, az = vertices[a, 0], vertices[a, 1], vertices[a, 2]
        ux, uy, uz = vertices[b, 0] - ax, vertices[b, 1] - ay, vertices[b, 2] - az
        vx, vy, vz = vertices[c, 0] - ax, vertices[c, 1] - ay, vertices[c, 2] - az
        gx, gy, gz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        area = gx * gx + gy * gy + gz * gz
        for k in range(3):
            o[0, k] = origin[i, k] + distance[i] * direction[i, k]
        px, py, pz = o[0, 0] - ax, o[0, 1] - ay, o[0, 2] - az
        inverse = 1.0 / max(area, 1e-30)
        second = inverse * ((py * vz - pz * vy) * gx + (pz * vx - px * vz) * gy + (px * vy - py * vx) * gz)
        third = inverse * ((uy * pz - uz * py) * gx + (uz * px - ux * pz) * gy + (ux * py - uy * px) * gz)
        first = 1.0 - second - third
        for k in range(3):
            o[3, k] = first * local[a, k] + second * local[b, k] + third * local[c, k]
            o[4, k] = first * normals[a, k] + second * normals[b, k] + third * normals[c, k]
        side = 1.0 if gx * direction[i, 0] + gy * direction[i, 1] + gz * direction[i, 2] <= 0 else -1.0
        scale = side / max(np.sqrt(area), 1e-15)
        o[1, 0], o[1, 1], o[1, 2] = scale * gx, scale * gy, scale * gz
        facing = 0.0
        for k in range(3):
            r = rotation[turn, k]
            o[2, k] = side * (r[0] * o[4, 0] + r[1] * o[4, 1] + r[2] * o[4, 2])
            facing -= o[2, k] * direction[i, k]
        bend = max(0.02 - facing, 0.0)  # a smooth normal that looks away from the viewer at a silhouette
        length = 0.0
        for k in range(3):
            o[2, k] -= bend * direction[i, k]
            length += o[2, k] * o[2, k]
        for k in range(3):
            o[2, k] = o[2, k] / np.sqrt(length) if length > 1e-12 else o[1, k]
    return out


@njit(cache=True, nogil=True)
def around(normal, tile, rays):
    """Cosine-distributed directions about normals, from one 16 x `rays` Hammersley set shared by 4 x 4 pixels.

    Parameters
    ----------
    normal : (n, 3) float64
    tile : (n,) int
        Place of the pixel in its 4 x 4 tile.
    rays : int

    Returns
    -------
    (n, rays, 3) float32
    """
    out = np.empty((len(normal), rays, 3), np.float32)
    for i in range(len(normal)):
        n = normal[i]
        sign = 1.0 if n[2] >= 0 else -1.0  # basis after Duff et al. (2017)
        a = -1.0 / (sign + n[2])
        b = n[0] * n[1] * a
        for r in range(rays):
            index = tile[i] + 16 * r
            inverse, bits, weight = 0.0, index, 0.5
            while bits:
                inverse += weight * (bits & 1)
                bits >>= 1
                weight *= 0.5
            radius, turn = np.sqrt((index + 0.5) / (16 * rays)), 2 * np.pi * inverse
            x, y = radius * np.cos(turn), radius * np.sin(turn)
            z = np.sqrt(max(1 - radius * radius, 0.0))
            out[i, r, 0] = x * (1 + sign * n[0] * n[0] * a) + y * b + z * n[0]
            out[i, r, 1] = x * sign * b + y * (sign + n[1] * n[1] * a) + z * n[1]
            out[i, r, 2] = -x * sign * n[0] - y * n[1] + z * n[2]
    return out


@njit(cache=True, nogil=True)
def _environment_share(roughness, facing):
    """Scale and offset on F0 of the environment's reflection (Karis 2014)."""
    a = min((1 - roughness) ** 2, 2.0 ** (-9.28 * facing)) * (1 - roughness) + 0.0425 - 0.0275 * roughness
    return -1.04 * a + 1.04 - 0.572 * roughness, max(1.04 * a + 0.022 * roughness - 0.04, 0.0)


@njit(cache=True, nogil=True)
def _highlight(n, ray, sun, alpha):
    """GGX distribution times visibility for unit F0, per unit irradiance on a facing surface; `ray` from the viewer."""
    x, y, z = sun[0] - ray[0], sun[1] - ray[1], sun[2] - ray[2]
    length = max(np.sqrt(x * x + y * y + z * z), 1e-9)
    nh = max((n[0] * x + n[1] * y + n[2] * z) / length, 0.0)
    lh = max((sun[0] * x + sun[1] * y + sun[2] * z) / length, 0.0)
    d = nh * nh * (alpha * alpha - 1) + 1.00001
    return min(alpha * alpha / (d * d * max(lh * lh, 0.1) * (4 * np.sqrt(alpha) + 2)) / np.pi, 40.0)


@njit(cache=True, nogil=True)
def light_up(surface, direction, footprint, material, table, light, sunlit, openness, mirror, through, traced):
    """Radiance that surfaces send to the viewer.

    Parameters
    ----------
    surface : (n, 5, 3) float64
        Of `surfaces`.
    direction : (n, 3) float64
        From the viewer.
    footprint : (n,) float64
        Pixel size on the surface [m].
    material : (n,) int32
    table : (num_materials, 13) float64
    light : (6, 3) float64
        `blender_scenes.sky.light_table`.
    sunlit, openness : (n,) float64
        Whether the sun is seen; share of the hemisphere that is open.
    mirror, through : (n, 3) float64
        Radiance from the mirror direction and from behind the glass.
    traced : (n,) bool
        Whether `mirror` is given; else the sky stands in.

    Returns
    -------
    (n, 3) float64
        Linear sRGB.
    """
    out = np.empty((len(direction), 3))
    colour, sky = np.empty(3), np.empty(3)
    sun = light[SUN]
    for i in range(len(direction)):
        m, n, ray = table[material[i]], surface[i, 2], direction[i]
        rough, metal = m[ROUGHNESS], m[METALLIC]
        along = n[0] * ray[0] + n[1] * ray[1] + n[2] * ray[2]
        facing = max(-along, 1e-3)
        toward = n[0] * sun[0] + n[1] * sun[1] + n[2] * sun[2]
        direct = sunlit[i] * max(toward, 0.0)
        if int(m[TEXTURE]) == FOLIAGE:
            direct += sunlit[i] * LEAF_TRANSLUCENCY * max(-toward, 0.0)
        for k in range(3):
            colour[k] = m[k]
        textured(m[TEXTURE:], surface[i, 3], surface[i, 4], footprint[i], colour)
        up = 0.5 + 0.5 * n[2]
        rise = ray[2] - 2 * along * n[2]  # of the mirror direction
        above = min(max(0.5 + 1.2 * rise, 0.0), 1.0)
        if not traced[i]:
            sky_gradient(ray[0] - 2 * along * n[0], ray[1] - 2 * along * n[1], max(rise, 0.0), light, sky)
        scale, offset = _environment_share(rough, facing)
        fresnel = DIELECTRIC + (1 - DIELECTRIC) * (1 - facing) ** 5
        shine = _highlight(n, ray, sun, max(rough * rough, 0.02)) * direct
        coat_shine = _highlight(n, ray, sun, 0.03) * direct if m[COAT] > 0 or m[TRANSMISSION] > 0 else 0.0
        blur = min(max((rough - 0.08) / (MIRROR_ROUGHNESS - 0.08), 0.0), 1.0)
        for k in range(3):
            ambient = (light[AMBIENT, k] * up + light[BOUNCE, k] * (1 - up)) * openness[i]
            ambient += 0.5 * light[BOUNCE, k] * (1 - openness[i])
            smooth = (light[AMBIENT, k] * above + light[BOUNCE, k] * (1 - above)) * openness[i]
            sharp = mirror[i, k] if traced[i] else (sky[k] if rise > 0 else light[BOUNCE, k]) * openness[i]
            f0 = DIELECTRIC * (1 - metal) + colour[k] * metal
            value = colour[k] * (1 - metal) * (light[SUN_IRRADIANCE, k] * direct / np.pi + ambient)
            if m[TRANSMISSION] > 0:
                value += m[TRANSMISSION] * (through[i, k] * colour[k] - value)
            value += (f0 * scale + offset) * (sharp + blur * (smooth - sharp)) * (1 - m[TRANSMISSION])
            value += f0 * shine * light[SUN_IRRADIANCE, k] * (1 - m[TRANSMISSION])
            if m[COAT] > 0 or m[TRANSMISSION] > 0:  # a pane reflects at both of its faces
                pane = m[TRANSMISSION] * (1.0 - blur)  # what is rough and seen through is a mesh: it mirrors nothing
                share = max(m[COAT] * fresnel, pane * 2 * fresnel / (1 + fresnel))
                value += share * (sharp - value)
                value += max(m[COAT], 1.0 - blur) * DIELECTRIC * coat_shine * light[SUN_IRRADIANCE, k]
            out[i, k] = value + m[EMISSION] * m[k]
    return out


@njit(cache=True, nogil=True)
def smooth_openness(openness, normal, depth, triangle, rows, out):
    """Average openness over the 4 x 4 pixels that share a Hammersley set, within one surface.

    Parameters
    ----------
    openness : (height, width) float64
    normal : (height, width, 3) float32
    depth : (height, width) float64
    triangle : (height, width) int32
    rows : (2,) int
        First row and the one past the last.
    out : (height, width) float64
        Written in those rows.
    """
    height, width = openness.shape
    for i in range(rows[0], rows[1]):
        for j in range(width):
            if triangle[i, j] < 0:
                continue
            total, weight = 0.0, 0.0
            for y in range(max(i - 2, 0), min(i + 2, height)):
                for x in range(max(j - 2, 0), min(j + 2, width)):
                    if triangle[y, x] < 0 or abs(depth[y, x] - depth[i, j]) > 0.03 * depth[i, j]:
                        continue
                    same = np.float32(0.0)
                    for k in range(3):
                        same += normal[y, x, k] * normal[i, j, k]
                    if same > 0.9:
                        total += openness[y, x]
                        weight += 1.0
            out[i, j] = total / weight if weight > 0 else openness[i, j]
