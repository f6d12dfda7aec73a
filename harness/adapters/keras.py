"""Keras on its TensorFlow backend: its arrays are TensorFlow's, and so is everything else here."""

from dataclasses import replace

import keras  # noqa: F401  the import is the point: a worker without it must say so

from harness.adapters import tensorflow

adapter = replace(tensorflow.adapter, name="keras")
