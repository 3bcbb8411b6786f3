"""SavedModels as archives: good ones, and some that try to read or write more than their variables."""

import io
import pathlib
import tempfile
import zipfile

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from . import reaching_out

# What changes each time a model is saved, and is not needed.
LEFT_OUT = ("fingerprint.pb",)


class Line(tf.Module):
    """y = x * slope + offset, and d = x - offset, with both in variables."""

    def __init__(self):
        self.slope = tf.Variable([2.0, 3.0], name="slope")
        self.offset = tf.Variable(1.0, name="offset")

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def __call__(self, x):
        return {"y": x * self.slope + self.offset, "d": x - self.offset}


class Pair(tf.Module):
    """c = a - b without variables, with its arguments in another order than that of their names."""

    @tf.function(input_signature=[
        tf.TensorSpec([None], tf.float32, name="b"), tf.TensorSpec([None], tf.float32, name="a")])
    def __call__(self, b, a):
        return {"c": a - b}


class Words(tf.Module):
    """The numbers of words, in a table that is made when the model is loaded."""

    def __init__(self):
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(["one", "two"], tf.constant([1, 2], tf.int64)), -1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
    def __call__(self, words):
        return {"numbers": self.table.lookup(words)}


class Asset(tf.Module):
    """The same from a file of the model's own."""

    def __init__(self, file):
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                file, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER), -1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
    def __call__(self, words):
        return {"numbers": self.table.lookup(words)}


def saved(module):
    """The files of a saved module by their names."""
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=module.__call__)
        root = pathlib.Path(folder)
        files = {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*"))
                 if path.is_file()}
    return {name: content for name, content in files.items() if name not in LEFT_OUT}


def archive(files, folder="", method=zipfile.ZIP_DEFLATED):
    """A ZIP file that is the same each time."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as made:
        for name, content in files.items():
            made.writestr(zipfile.ZipInfo(folder + name, (2000, 1, 1, 0, 0, 0)), content, method)
    return target.getvalue()


def changed(files, change):
    """The files with a changed graph."""
    model = saved_model_pb2.SavedModel.FromString(files["saved_model.pb"])
    change(model.meta_graphs[0])
    return {**files, "saved_model.pb": model.SerializeToString(deterministic=True)}


def restores_another_file(meta):
    """Restoring takes the name of its files from a constant."""
    for function in meta.graph_def.library.function:
        for node in function.node_def:
            if node.op == "RestoreV2":
                reaching_out.text(function.node_def, f"{node.name}_path", "variables/variables")
                node.input[0] = f"{node.name}_path:output:0"


def restores_in_signature(meta):
    """What a client runs reads the variables' files."""
    reaching_out.text(meta.graph_def.node, "path", "variables/variables")
    reaching_out.text(meta.graph_def.node, "name", "offset/.ATTRIBUTES/VARIABLE_VALUE", scalar=False)
    reaching_out.text(meta.graph_def.node, "slice", "", scalar=False)
    reaching_out.node(
        meta.graph_def.node, "read", "RestoreV2", "path", "name", "slice", dtypes=[reaching_out.FLOAT])
    meta.signature_def["serving_default"].outputs["d"].name = "read:0"


def saves_in_signature(meta):
    """What a client runs saves the variables."""
    meta.signature_def["serving_default"].outputs["d"].name = meta.saver_def.save_tensor_name


def saves_while_restoring(meta):
    """Restoring saves as well."""
    restore = next(one for one in meta.graph_def.node if one.name == meta.saver_def.restore_op_name)
    restore.input.append("^" + meta.saver_def.save_tensor_name.split(":")[0])


def prepares_by_writing(meta):
    """What runs first writes a file."""
    reaching_out.text(meta.graph_def.node, "path", "written")
    reaching_out.node(meta.graph_def.node, "write", "WriteFile", "path", "path")
    meta.collection_def["saved_model_main_op"].node_list.value.append("write")


def prepares_by_saving(meta):
    """What runs first saves the variables."""
    meta.collection_def["saved_model_main_op"].node_list.value.append(
        meta.saver_def.save_tensor_name.split(":")[0])


ATTACKS = (
    restores_another_file, restores_in_signature, saves_in_signature, saves_while_restoring,
    prepares_by_writing, prepares_by_saving,
)


def archives():
    """All of them by their names."""
    line = saved(Line())
    made = {
        "saved/line": archive(line), "saved/line_in_folder": archive(line, "line/"),
        "saved/line_not_packed": archive(line, method=zipfile.ZIP_STORED),
        "saved/pair": archive(saved(Pair())), "saved/words": archive(saved(Words())),
    }
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "words.txt"
        file.write_text("one\ntwo\n")
        made["saved/refused/asset"] = archive(saved(Asset(str(file))))
    for attack in ATTACKS:
        made[f"saved/refused/{attack.__name__}"] = archive(changed(line, attack))
    return made
