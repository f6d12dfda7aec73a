"""Keras on its TensorFlow backend: its arrays are TensorFlow's, and so is everything else here."""

import os
from dataclasses import replace

os.environ["KERAS_BACKEND"] = "tensorflow"  # the one whose arrays these are; read when Keras is imported

import keras  # noqa: F401  the import is the point: a worker without it must say so

from harness.adapters import tensorflow

adapter = replace(tensorflow.adapter, name="keras")
