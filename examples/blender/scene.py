"""Makes the scene of this example: a ring that turns around a ball, 48 frames.

    blender --background --factory-startup --python scene.py -- scene.blend
"""

import math
import os
import sys

import bpy


def material(name, color, metallic):
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    shader = made.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*color, 1)
    shader.inputs["Metallic"].default_value = metallic
    shader.inputs["Roughness"].default_value = 0.3
    made.diffuse_color = (*color, 1)
    return made


def build():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 48
    scene.render.fps = 24
    scene.render.resolution_x, scene.render.resolution_y = 1280, 720
    scene.cycles.samples = 32

    world = bpy.data.worlds.new("World")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.02, 0.03, 0.06, 1)
    scene.world = world

    bpy.ops.mesh.primitive_uv_sphere_add(radius=1, segments=32, ring_count=16)
    ball = bpy.context.object
    ball.data.materials.append(material("Ball", (0.8, 0.15, 0.05), 0))
    bpy.ops.object.shade_smooth()

    bpy.ops.mesh.primitive_torus_add(major_radius=1.8, minor_radius=0.15)
    ring = bpy.context.object
    ring.data.materials.append(material("Ring", (0.9, 0.7, 0.2), 1))
    for frame, turn in ((1, 0), (49, math.tau)):
        ring.rotation_euler = (turn, turn / 2, 0)
        ring.keyframe_insert("rotation_euler", frame=frame)
    for curve in ring.animation_data.action.fcurves:
        for point in curve.keyframe_points:
            point.interpolation = "LINEAR"

    bpy.ops.object.light_add(type="AREA", location=(4, -4, 5), rotation=(0.7, 0, 0.8))
    bpy.context.object.data.energy = 600
    bpy.context.object.data.size = 3
    bpy.ops.object.camera_add(location=(0, -7, 2), rotation=(math.radians(75), 0, 0))
    scene.camera = bpy.context.object
    scene.camera.name = "Camera"


build()
# Blender takes a relative path for one beside the scene that is open.
bpy.ops.wm.save_as_mainfile(filepath=os.path.abspath(sys.argv[sys.argv.index("--") + 1]), compress=True)
