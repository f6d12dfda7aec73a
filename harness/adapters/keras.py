"""Keras on its TensorFlow backend: its arrays are TensorFlow's, and so is everything else here."""

from dataclasses import replace

import keras  # the import is the point: a worker without Keras must say so
from harness.adapters import tensorflow

BACKEND = keras.backend.backend()

adapter = replace(tensorflow.adapter, name="keras")
