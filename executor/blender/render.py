"""Renders frames of the .blend that is open, as its task says.

Run by Blender: blender ... scene.blend --python render.py -- task.json

The task is a JSON object: blend (its path), out (a folder), frames (a list),
engine, samples, resolution, percentage, camera, scene, seed, format; report is
the file for what is wrong with the scene. A fault ends Blender with exit code
1 and a report {"missing": [...]} or {"fault": "..."}; nothing is rendered then.
"""

import json
import os
import sys

import bpy

ENGINES = {
    "CYCLES": ["CYCLES"],
    # The name changed twice.
    "EEVEE": ["BLENDER_EEVEE", "BLENDER_EEVEE_NEXT"],
    "WORKBENCH": ["BLENDER_WORKBENCH"],
}
FORMATS = {"png": "PNG", "jpg": "JPEG", "exr": "OPEN_EXR"}


def main():
    with open(sys.argv[sys.argv.index("--") + 1], encoding="utf-8") as file:
        task = json.load(file)
    print("artdag: opened by Blender %s" % bpy.app.version_string, flush=True)
    # A file that cannot be read leaves Blender with an empty scene.
    if os.path.basename(bpy.data.filepath) != os.path.basename(task["blend"]):
        stop(task, fault="Blender cannot read it; is it a .blend of this version (%s) or older?" % bpy.app.version_string)
    missing = missing_files()
    if missing:
        stop(task, missing=missing)
    if bpy.app.autoexec_fail:
        print("artdag: scripts in the .blend are not run: %s" % bpy.app.autoexec_fail_message)
    scene = set_up(task)
    render(task, scene)


def stop(task, **report):
    with open(task["report"], "w", encoding="utf-8") as file:
        json.dump(report, file)
    print("artdag: %s" % report)
    sys.exit(1)


def missing_files():
    """Returns "what name: path" of every file outside the .blend that is not there."""
    found = {}
    for kind, path, name in linked_files():
        if not exists(path):
            found.setdefault(bpy.path.abspath(path), "%s %s: %s" % (kind, name, shown(path)))
    texts = {bpy.path.abspath(text.filepath) for text in bpy.data.texts}
    # Everything else that knows a path: modifiers, strips, lamps.
    for path in bpy.utils.blend_paths(absolute=True, packed=False):
        if path not in texts and not exists(path):
            found.setdefault(path, "file: %s" % shown(path))
    return sorted(found.values())


def linked_files():
    for image in bpy.data.images:
        if image.source in {"FILE", "SEQUENCE", "MOVIE", "TILED"} and not image.packed_file and not image.packed_files:
            for path in tiles(image):
                yield "image", bpy.path.abspath(path, library=image.library), image.name
    for kind, blocks in (
        ("library", bpy.data.libraries), ("font", bpy.data.fonts), ("sound", bpy.data.sounds),
        ("movie clip", bpy.data.movieclips), ("cache", bpy.data.cache_files), ("volume", bpy.data.volumes),
    ):
        for block in blocks:
            if not getattr(block, "packed_file", None) and block.filepath != "<builtin>":
                yield kind, bpy.path.abspath(block.filepath, library=block.library), block.name


def tiles(image):
    """Returns the path of the image, or of each of its UDIM tiles."""
    if image.source != "TILED":
        return [image.filepath]
    return [image.filepath.replace("<UDIM>", str(tile.number)) for tile in image.tiles]


def exists(path):
    # A path without a file name is a setting that was never made.
    return not path or "<UDIM>" in path or os.path.exists(bpy.path.abspath(path))


def shown(path):
    """Returns the path as an input would be named, if it is below the .blend."""
    folder = os.path.dirname(bpy.data.filepath)
    path = os.path.normpath(bpy.path.abspath(path))
    inside = path.startswith(folder + os.sep)
    return os.path.relpath(path, folder) if inside else path


def set_up(task):
    scene = bpy.context.scene
    if task.get("scene"):
        scene = pick(task, bpy.data.scenes, "scene")
    if task.get("camera"):
        scene.camera = pick(task, scene.objects, "camera")
    if scene.camera is None and not scene.render.use_sequencer:
        stop(task, fault="scene %s has no camera; name one with camera" % scene.name)
    set_engine(task, scene)
    set_size(task, scene)
    set_output(task, scene)
    return scene


def pick(task, blocks, key):
    block = blocks.get(task[key])
    if block is None or key == "camera" and block.type != "CAMERA":
        names = [b.name for b in blocks if key != "camera" or b.type == "CAMERA"]
        stop(task, fault="there is no %s %r; there is %s" % (key, task[key], ", ".join(sorted(names)) or "none"))
    return block


def set_engine(task, scene):
    for name in ENGINES[task["engine"]]:
        try:
            scene.render.engine = name
            break
        except TypeError:
            continue
    else:
        stop(task, fault="this Blender (%s) has no %s" % (bpy.app.version_string, task["engine"]))
    samples = task.get("samples")
    if task["engine"] == "CYCLES":
        cycles = scene.cycles
        cycles.device = "CPU"
        cycles.seed = task["seed"]
        # A limit of time is a picture that depends on the machine.
        cycles.time_limit = 0
        cycles.use_denoising = False
        for layer in scene.view_layers:
            if hasattr(layer, "cycles"):
                layer.cycles.use_denoising = False
        if samples:
            cycles.samples = samples
    elif task["engine"] == "EEVEE" and samples:
        scene.eevee.taa_render_samples = samples
    elif task["engine"] == "WORKBENCH" and samples:
        offered = [n for n in (5, 8, 11, 16, 32) if n <= samples]
        scene.display.render_aa = str(offered[-1]) if offered else "OFF"


def set_size(task, scene):
    render = scene.render
    if task.get("resolution"):
        render.resolution_x, render.resolution_y = task["resolution"]
        render.resolution_percentage = 100
    if task.get("percentage"):
        render.resolution_percentage = task["percentage"]
    # The picture is always as large as it was said to be.
    render.use_crop_to_border = False
    render.use_multiview = False


def set_output(task, scene):
    render = scene.render
    render.use_file_extension = True
    render.use_overwrite = True
    render.use_placeholder = False
    for name in dir(render):
        if name.startswith("use_stamp"):
            setattr(render, name, False)
    settings = render.image_settings
    if settings.file_format != FORMATS[task["format"]]:
        settings.file_format = FORMATS[task["format"]]
        settings.color_mode = "RGBA" if render.film_transparent and task["format"] != "jpg" else "RGB"
        if task["format"] != "jpg":
            settings.color_depth = {"png": "8", "exr": "16"}[task["format"]]


def render(task, scene):
    for number in task["frames"]:
        scene.frame_set(number)
        scene.render.filepath = os.path.join(task["out"], "%08d" % number)
        bpy.ops.render.render(write_still=True, scene=scene.name)
        print("artdag: rendered %d" % number, flush=True)


main()
